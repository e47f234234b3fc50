"""The losses of the features of two views."""

from .entry import loss

VIEW_LOSSES = (
    loss(
        name="barlow-twins",
        meaning="a feature is to correlate with itself across two views, and with no other feature",
        formula="sum_i (1 - c_ii)^2 + weight sum_{i != j} c_ij^2",
        range="[0, inf)",
        function="simtool.losses.redundancy_reduction:barlow_twins",
        source="Zbontar et al. 2021, equations 1 and 2",
        inputs="views",
        item="feature",
        reduction="sum",
        parameters={"weight": 0.005},
        peers="the authors' code standardises by batch normalisation, which adds 1e-5 to the variance: its own "
        "correlations stay below 1; here nothing is added, and a constant feature correlates with nothing",
    ),
    loss(
        name="vicreg",
        meaning="two views are to agree, features to vary and not to vary together; three parts",
        formula="25 mean (x-y)^2 + 25 (mean [1 - std(x)]+ + mean [1 - std(y)]+) / 2 "
        "+ (sum_{i != j} C_ij(x)^2 + sum_{i != j} C_ij(y)^2) / d",
        range="[0, inf)",
        function="simtool.losses.redundancy_reduction:vicreg",
        source="Bardes, Ponce, LeCun 2022, equations 1 to 6, with the halved variance of the authors' code",
        inputs="views",
        item="part",
        reduction="sum",
        parameters={"invariance": 25.0, "variance": 25.0, "covariance": 1.0},
        peers="the paper's equation 6 does not halve the variance, the authors' code and pytorch-metric-learning do; "
        "std = sqrt(var + 1e-4), over n - 1",
    ),
)
