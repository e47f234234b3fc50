"""What the processor can do, read without importing anything that would use it."""

from functools import cache
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
FIELDS = ("flags", "Features")  # as x86 and Arm call them


@cache
def processor_features() -> frozenset[str]:
    """Return the features that Linux lists, such as `avx2`, `avx512_bf16` or `amx_bf16`; none on other systems."""
    if not CPUINFO.exists():
        return frozenset()
    for line in CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, features = line.partition(":")
        if name.strip() in FIELDS:
            return frozenset(features.split())
    return frozenset()
