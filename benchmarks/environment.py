"""What the figures depend on: versions, processor, threads."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "simtool-embeddings",
    "numpy",
    "pyarrow",
    "typer",
    "rich",
    "torch",
    "faiss-cpu",
    "scikit-learn",
    "sentence-transformers",
    "pytorch-metric-learning",
    "POT",
)
# as the kernel spells them, of x86 and of Arm
UNITS = (
    *("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16"),
    *("asimd", "asimddp", "i8mm", "bf16", "sve", "sve2"),
)
LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_CORETYPE")


def environment() -> dict[str, Any]:
    """Return what a reader needs to judge the figures."""
    processor = _processor()
    flags = (processor.get("flags") or processor.get("Features", "")).split()
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor.get("model name", platform.processor()),
        "units": [unit for unit in UNITS if unit in flags],
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory GiB": _memory(),
        "accelerators": _accelerators(),
        "settings": {name: os.environ[name] for name in LIMITS if name in os.environ},
        "thread pools": _pools(),
        "load": os.getloadavg()[0],
        "versions": {name: _version(name) for name in PACKAGES},
    }


def _processor() -> dict[str, str]:
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return {}
    lines = path.read_text().split("\n\n", 1)[0].splitlines()
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _memory() -> int | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    except (AttributeError, ValueError):
        return None


def _accelerators() -> list[str]:
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    except OSError:
        return []
    return [line.split(":", 1)[1].split("(")[0].strip() for line in listed.stdout.splitlines() if ":" in line]


def _pools() -> dict[str, int]:
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return {}
    return {Path(pool["filepath"]).name: pool["num_threads"] for pool in threadpool_info()}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
