"""The losses of triplets."""

from .entry import Variant, loss
from .loss_distances import other_distances

SBERT = "sentence-transformers"
PML = "pytorch-metric-learning"

TRIPLET_LOSSES = (
    loss(
        name="triplet",
        meaning="the positive is to be closer to the anchor than the negative, by the margin",
        formula="[d(a,p) - d(a,n) + m]+; with swap = 1, min(d(a,n), d(p,n)) for d(a,n)",
        range="[0, inf)",
        function="simtool.losses.triplets:triplet",
        slopes="simtool.losses.triplets:triplet_slopes",
        source="Schroff, Kalenichenko, Philbin 2015, section 3.1, on distances that are not squared; "
        "the swap: Balntas et al. 2016",
        inputs="triplets",
        item="triplet",
        metric="euclidean",
        metrics=other_distances("euclidean"),
        parameters={"margin": 1.0, "swap": 0.0},
        variants={
            "torch": Variant("torch.nn.TripletMarginLoss", metric="shifted-euclidean"),
            "sbert": Variant(f"{SBERT} TripletLoss", {"margin": 5.0}),
            "pml": Variant(
                f"{PML} TripletMarginLoss", {"margin": 0.05}, metric="unit-euclidean", reduction="active-mean"
            ),
        },
        of_classes="batch-all-triplet",
        peers="torch adds 1e-6 to every difference of two numbers; sentence-transformers has margin 5; "
        "pytorch-metric-learning has margin 0.05 on rows of unit length and averages the non-zero triplets",
    ),
    loss(
        name="margin-ranking",
        meaning="the score that is to be the higher one leads by the margin",
        formula="[-y (s1 - s2) + m]+, y = 1 if the first is to be the higher one, else -1",
        range="[0, inf)",
        function="simtool.losses.triplets:margin_ranking",
        source="torch.nn.MarginRankingLoss",
        inputs="triplets",
        item="triplet",
        labels="binary",
        metric="cosine",
        metrics=("dot",),
        parameters={"margin": 0.0},
        ends=("first", "second"),
        peers="torch takes a label 0 as well, and returns the margin for it",
    ),
    loss(
        name="margin-mse",
        meaning="the lead of the positive over the negative is to be the teacher's",
        formula="(s(a,p) - s(a,n) - t)^2",
        range="[0, inf)",
        function="simtool.losses.teacher:margin_mse",
        source="Hofstätter et al. 2020; sentence-transformers MarginMSELoss",
        inputs="triplets",
        item="triplet",
        labels="score",
        metric="dot",
        metrics=("cosine",),
        peers="sentence-transformers takes dot products of rows as they are, and the teacher's margins or its "
        "two scores; ours takes the margins",
    ),
)
