"""What the figures depend on: versions, processor, threads."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "simtool",
    "numpy",
    "pyarrow",
    "typer",
    "rich",
    "torch",
    "faiss-cpu",
    "scikit-learn",
    "sentence-transformers",
)
UNITS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def environment() -> dict[str, Any]:
    """Return what a reader needs to judge the figures."""
    processor = _processor()
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor.get("model name", platform.processor()),
        "units": [unit for unit in UNITS if unit in processor.get("flags", "").split()],
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "thread limits": {name: os.environ[name] for name in LIMITS if name in os.environ},
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
