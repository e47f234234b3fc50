"""How fast GPUs multiply: the dense bfloat16 rates that their makers state, without sparsity."""

from dataclasses import dataclass

USED = 0.6  # share of the stated rate that a job of products is assumed to reach


@dataclass(frozen=True)
class Device:
    """A device by what its maker states.

    Args:
        flops: bfloat16 operations per second, dense.
        source: where that is stated.
    """

    flops: float
    source: str


DEVICES = {
    "a100": Device(312e12, "NVIDIA A100 datasheet"),
    "b200": Device(2250e12, "NVIDIA Blackwell architecture technical brief, HGX B200, per GPU"),
    "h100": Device(989.4e12, "NVIDIA H100 architecture white paper, SXM5"),
    "h200": Device(989e12, "NVIDIA H200 datasheet, SXM, half of the rate with sparsity"),
    "l4": Device(121e12, "NVIDIA L4 datasheet, half of the rate with sparsity"),
    "l40s": Device(362.05e12, "NVIDIA L40S datasheet"),
    "mi300x": Device(1307.4e12, "AMD Instinct MI300X datasheet"),
}
DEVICE = "h100"  # where nothing else is asked for


def gpu_hours(flop: float, name: str) -> float:
    """Return the hours that products take on one device.

    Example:
        >>> round(gpu_hours(2 * 1e7 * 1e7 * 384, "h100"), 3)
        0.036
    """
    return flop / (USED * DEVICES[name].flops) / 3600
