"""The losses of a batch that choose triplets among its rows, or take all of them."""

from .entry import Variant, loss

SBERT = "sentence-transformers"
PML = "pytorch-metric-learning"
TRIPLETS_ARE_CHOSEN = "«kind=batch-hard-triplet» or semi-hard-triplet"
TRIPLET_METRICS = ("sqeuclidean", "cosine-distance", "unit-euclidean")

BATCH_TRIPLET_LOSSES = (
    loss(
        name="batch-hard-triplet",
        meaning="each anchor's farthest positive against its nearest negative",
        formula="[max_P d - min_N d + m]+; with soft, softplus(max_P d - min_N d)",
        range="[0, inf)",
        function="simtool.losses.miners:batch_hard_triplet",
        negatives="simtool.losses.miners:NEAREST_NEGATIVE",
        source="Hermans, Beyer, Leibe 2017, equation 5",
        inputs="classes",
        item="anchor",
        labels="class",
        metric="euclidean",
        metrics=TRIPLET_METRICS,
        counted="both",
        parameters={"margin": 1.0, "soft": 0.0},
        variants={
            "sbert": Variant(f"{SBERT} BatchHardTripletLoss", {"margin": 5.0}),
            "sbert-soft": Variant(f"{SBERT} BatchHardSoftMarginTripletLoss", {"soft": 1.0}),
            "pml": Variant(
                f"{PML} TripletMarginLoss with BatchHardMiner", {"margin": 0.05}, "unit-euclidean", "active-mean"
            ),
        },
        instead_of_miner=TRIPLETS_ARE_CHOSEN,
        peers="sentence-transformers also counts anchors without positives, with [m - min_N d]+, and a batch of one "
        "class, with m; pytorch-metric-learning leaves both out; simtool agrees with it",
    ),
    loss(
        name="semi-hard-triplet",
        meaning="each positive pair against the nearest negative that is farther, else against the farthest",
        formula="[d_ap - d_an + m]+, d_an = min { d_n > d_ap }, or max_N d if there is none",
        range="[0, inf)",
        function="simtool.losses.miners:semi_hard_triplet",
        miner="simtool.losses.mined_negatives:SEMI_HARD",
        source="Schroff et al. 2015 (FaceNet), section 3.2; the farthest negative as in TensorFlow Addons",
        inputs="classes",
        item="positive pair",
        labels="class",
        metric="euclidean",
        metrics=TRIPLET_METRICS,
        counted="both",
        parameters={"margin": 1.0},
        variants={"sbert": Variant(f"{SBERT} BatchSemiHardTripletLoss", {"margin": 5.0})},
        instead_of_miner=TRIPLETS_ARE_CHOSEN,
        peers="sentence-transformers gives a batch of one class d_ap + m, as if there were a negative at distance 0",
    ),
    loss(
        name="batch-all-triplet",
        meaning="all triplets of the batch, averaged over those that are not satisfied",
        formula="[d_ap - d_an + m]+; the loss is the sum over all triplets by the number that are not 0",
        range="[0, inf)",
        function="simtool.losses.miners:batch_all_triplet",
        miner="simtool.losses.mined_negatives:EVERY_TRIPLET",
        source="Hermans, Beyer, Leibe 2017, equation 6, averaged over what is not 0",
        inputs="classes",
        item="triplet",
        labels="class",
        metric="euclidean",
        metrics=TRIPLET_METRICS,
        reduction="active-mean",
        counted="both",
        parameters={"margin": 1.0},
        variants={
            "sbert": Variant(f"{SBERT} BatchAllTripletLoss", {"margin": 5.0}, reduction="active-mean"),
            "pml": Variant(f"{PML} TripletMarginLoss", {"margin": 0.05}, "unit-euclidean", "active-mean"),
        },
        instead_of_miner=TRIPLETS_ARE_CHOSEN,
        peers="sentence-transformers does not count a loss of 1e-16 or less; "
        "pytorch-metric-learning scales rows to unit length first",
    ),
)
