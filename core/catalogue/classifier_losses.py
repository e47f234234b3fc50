"""The losses of rows with a class and a weight matrix."""

from .entry import Variant, loss

PML = "pytorch-metric-learning"

CLASSIFIER_LOSSES = (
    loss(
        name="arcface",
        meaning="cross-entropy of scaled cosines, with the angle to the own class made larger by the margin",
        formula="-log softmax_y(scale z), z_y = cos(t_y + m), past pi - m cos(t_y) - m sin m; z_j = cos(t_j)",
        range="[0, inf)",
        function="simtool.losses.classifier:arcface",
        source="Deng et al. 2019, equation 3",
        inputs="classifier",
        item="row",
        labels="class",
        metric="cosine",
        parameters={"scale": 64.0, "margin": 0.5},
        variants={"pml": Variant(f"{PML} ArcFaceLoss, margin 28.6 degrees", {"margin": 0.49916416607037828})},
        peers="pytorch-metric-learning takes the margin in degrees; some code past pi - m keeps the cosine as it is "
        "(easy margin)",
    ),
    loss(
        name="cosface",
        meaning="cross-entropy of scaled cosines, less a margin for the own class",
        formula="-log softmax_y(scale z), z_y = cos(t_y) - m, z_j = cos(t_j)",
        range="[0, inf)",
        function="simtool.losses.classifier:cosface",
        source="Wang et al. 2018, equation 4",
        inputs="classifier",
        item="row",
        labels="class",
        metric="cosine",
        parameters={"scale": 64.0, "margin": 0.35},
    ),
)
