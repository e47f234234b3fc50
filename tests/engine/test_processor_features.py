"""The features of the processor, as Linux lists them."""

import pytest

from simtool.engine import processor_features as module
from simtool.engine.processor_features import processor_features

X86 = "processor\t: 0\nmodel name\t: some\nflags\t\t: fpu avx2 avx512_bf16 amx_bf16\nbogomips\t: 1\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd i8mm bf16\n"


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (X86, {"fpu", "avx2", "avx512_bf16", "amx_bf16"}),
        (ARM, {"fp", "asimd", "i8mm", "bf16"}),
        ("", set()),
        (None, set()),
    ],
)
def test_features_are_those_of_the_first_processor(tmp_path, monkeypatch, text, known):
    path = tmp_path / "cpuinfo"
    if text is not None:
        path.write_text(text)
    monkeypatch.setattr(module, "CPUINFO", path)
    processor_features.cache_clear()
    assert processor_features() == known
    processor_features.cache_clear()
