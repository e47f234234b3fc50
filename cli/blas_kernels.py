"""Which kernels OpenBLAS takes, said before numpy loads it."""

import os

CPUINFO = "/proc/cpuinfo"
BYTES = 4096  # of which the first processor takes no more
ZEN_3_AND_4 = "25"


def choose_blas_kernels() -> None:
    """Have OpenBLAS take its kernels of 256 bits on AMD's Zen 4, unless the environment names others.

    That processor computes 512 bits in two halves, and the kernels that OpenBLAS takes for AVX-512 multiply float32 a
    sixth slower there. No other processor of that family has AVX-512.
    """
    try:
        with open(CPUINFO, "rb") as file:
            lines = file.read(BYTES).decode(errors="replace").splitlines()
    except OSError:
        return
    facts = {name.strip(): value.split() for name, _, value in (line.partition(":") for line in lines)}
    if facts.get("cpu family") == [ZEN_3_AND_4] and "avx512f" in facts.get("flags", []):
        os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
