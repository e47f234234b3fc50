"""The kernels of OpenBLAS that a command asks for, by what Linux says of the processor."""

import pytest

from simtool.cli import blas_kernels
from simtool.cli.blas_kernels import choose_blas_kernels

FACTS = "processor\t: 0\ncpu family\t: {family}\nflags\t\t: fpu avx2 {flags}\n\nprocessor\t: 1\n"


@pytest.mark.parametrize(
    ("facts", "named", "taken"),
    [
        (FACTS.format(family=25, flags="avx512f"), None, "Haswell"),
        (FACTS.format(family=25, flags="avx512f"), "SkylakeX", "SkylakeX"),
        (FACTS.format(family=25, flags=""), None, None),  # Zen 3
        (FACTS.format(family=26, flags="avx512f"), None, None),  # Zen 5 computes 512 bits at once
        (FACTS.format(family=6, flags="avx512f"), None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_only_zen_4_is_told_to_take_narrow_ones(tmp_path, monkeypatch, facts, named, taken):
    if facts is not None:
        (tmp_path / "cpuinfo").write_text(facts)
    monkeypatch.setattr(blas_kernels, "CPUINFO", tmp_path / "cpuinfo")
    environment = {} if named is None else {"OPENBLAS_CORETYPE": named}
    monkeypatch.setattr(blas_kernels.os, "environ", environment)
    choose_blas_kernels()
    assert environment.get("OPENBLAS_CORETYPE") == taken
