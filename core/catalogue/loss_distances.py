"""The distances that a loss may be computed on."""

DISTANCES = (
    "euclidean",
    "sqeuclidean",
    "manhattan",
    "angular",
    "cosine-distance",
    "unit-euclidean",
    "shifted-euclidean",
)


def other_distances(metric: str) -> tuple[str, ...]:
    """Return the distances but the one a loss is computed on by default."""
    return tuple(name for name in DISTANCES if name != metric)
