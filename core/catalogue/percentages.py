"""What a similarity s becomes as a percentage."""

PERCENTAGES = {
    "clip": "100 max(0, s)",
    "affine": "50 (1 + s)",
    "baseline": "100 max(0, (s - baseline) / (1 - baseline))",
}
