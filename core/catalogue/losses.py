"""The losses of pairs, triplets, scores and single rows."""

from .entry import Variant, loss

SBERT = "sentence-transformers"
PML = "pytorch-metric-learning"
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


PAIR_LOSSES = (
    loss(
        name="contrastive",
        meaning="pulls similar pairs together, pushes the others to the margin",
        formula="y [d - m+]+^2 + (1 - y) [m - d]+^2, with m+ = 0; not squared if squared = 0",
        range="[0, inf)",
        function="simtool.losses.pairs:contrastive",
        source="Hadsell, Chopra, LeCun 2006, equation 4, without the factor 1/2",
        inputs="pairs",
        item="pair",
        labels="binary",
        metric="euclidean",
        metrics=other_distances("euclidean"),
        parameters={"margin": 1.0, "positive_margin": 0.0, "squared": 1.0},
        variants={
            "hadsell": Variant("Hadsell, Chopra, LeCun 2006, equation 4", factor=0.5),
            "sbert": Variant(f"{SBERT} ContrastiveLoss", {"margin": 0.5}, metric="cosine-distance", factor=0.5),
            "pml": Variant(
                f"{PML} ContrastiveLoss", {"squared": 0.0}, metric="unit-euclidean", reduction="active-mean-by-label"
            ),
        },
        peers="Hadsell 2006 has half of it; sentence-transformers half of it on 1 - cosine with margin 0.5, and takes "
        "a label of 0.5 as a weight; pytorch-metric-learning does not square, scales rows to unit length, and adds the "
        "mean of the non-zero positives to that of the non-zero negatives",
    ),
    loss(
        name="online-contrastive",
        meaning="the contrastive loss of the hard pairs: those out of order with some pair of the other label",
        formula="y d^2 + (1 - y) [m - d]+^2 for hard pairs, else 0",
        range="[0, inf)",
        function="simtool.losses.pairs:online_contrastive",
        source="sentence-transformers OnlineContrastiveLoss",
        inputs="pairs",
        item="pair",
        labels="binary",
        metric="cosine-distance",
        metrics=other_distances("cosine-distance"),
        reduction="sum",
        parameters={"margin": 0.5},
        whole_batch=True,
        peers="with pairs of one kind only, the mean distance takes the place of the missing kind, there as here; "
        "sentence-transformers ignores pairs whose label is neither 0 nor 1",
    ),
    loss(
        name="cosine",
        meaning="1 - cosine for similar pairs, cosine above the margin for the others",
        formula="y (1 - s) + (1 - y) [s - m]+",
        range="[0, 2]",
        function="simtool.losses.pairs:cosine_embedding",
        source="torch.nn.CosineEmbeddingLoss, with margin 0.5",
        inputs="pairs",
        item="pair",
        labels="binary",
        metric="cosine",
        parameters={"margin": 0.5},
    ),
    loss(
        name="cosine-embedding",
        meaning="the cosine loss with torch's default margin",
        formula="y (1 - s) + (1 - y) [s - m]+",
        range="[0, 2]",
        function="simtool.losses.pairs:cosine_embedding",
        source="torch.nn.CosineEmbeddingLoss",
        inputs="pairs",
        item="pair",
        labels="binary",
        metric="cosine",
        parameters={"margin": 0.0},
        peers="torch adds its epsilon inside the root, so scores of tiny vectors differ; "
        "it returns 0 for a label other than 1 and -1",
    ),
    loss(
        name="cosine-distance",
        meaning="1 - cosine of every pair; takes no labels",
        formula="1 - s",
        range="[0, 2]",
        function="simtool.losses.pairs:cosine_distance",
        source="scipy.spatial.distance.cosine",
        inputs="pairs",
        item="pair",
        metric="cosine",
    ),
    loss(
        name="hinge-embedding",
        meaning="the distance of similar pairs, what the others lack to the margin",
        formula="y d + (1 - y) [m - d]+",
        range="[0, inf)",
        function="simtool.losses.pairs:hinge_embedding",
        source="torch.nn.HingeEmbeddingLoss",
        inputs="pairs",
        item="pair",
        labels="binary",
        metric="euclidean",
        metrics=other_distances("euclidean"),
        parameters={"margin": 1.0},
        peers="torch takes the distances, not the vectors, and labels 1 and -1; a label 0 counts as both and neither: "
        "it returns the margin's hinge plus the distance",
    ),
    loss(
        name="bce",
        meaning="binary cross-entropy with the scaled similarity as the logit of being similar",
        formula="-y log sigmoid(scale s) - (1 - y) log sigmoid(-scale s)",
        range="[0, inf)",
        function="simtool.losses.pairs:bce",
        source="torch.nn.BCEWithLogitsLoss, of scale * similarity",
        inputs="pairs",
        item="pair",
        labels="binary",
        metric="cosine",
        metrics=("dot",),
        parameters={"scale": 20.0},
        peers="torch takes the logits; it takes labels between 0 and 1 as probabilities, and -1 without a word",
    ),
)

TRIPLET_LOSSES = (
    loss(
        name="triplet",
        meaning="the positive is to be closer to the anchor than the negative, by the margin",
        formula="[d(a,p) - d(a,n) + m]+; with swap = 1, min(d(a,n), d(p,n)) for d(a,n)",
        range="[0, inf)",
        function="simtool.losses.triplets:triplet",
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

SCORE_LOSSES = (
    loss(
        name="cosine-similarity",
        meaning="squared difference of the similarity and the score that is wanted",
        formula="(s - y)^2",
        range="[0, inf)",
        function="simtool.losses.graded:squared_error",
        source="sentence-transformers CosineSimilarityLoss",
        inputs="pairs",
        item="pair",
        labels="score",
        metric="cosine",
        metrics=("dot",),
        score_range=(-1.0, 1.0),
        peers="scores of 0 to 5 or 0 to 10 must be brought into the cosine's range first: no peer says so",
    ),
    loss(
        name="cosent",
        meaning="pairs with a higher score are to have the higher similarity; one number for the batch",
        formula="log(1 + sum over y_i < y_j of exp(scale (s_i - s_j)))",
        range="[0, inf)",
        function="simtool.losses.graded:cosent",
        source="Huang et al. 2024, DOI 10.1109/TASLP.2024.3402087; sentence-transformers CoSENTLoss",
        inputs="pairs",
        item="batch",
        labels="score",
        metric="cosine",
        metrics=("dot",),
        parameters={"scale": 20.0},
        whole_batch=True,
        peers="not a mean: it grows with the size of the batch",
    ),
    loss(
        name="angle",
        meaning="the cosent loss on the angle similarity of vectors read as complex numbers",
        formula="log(1 + sum over y_i < y_j of exp(scale (g_i - g_j))), g = |a.b + a2.b1 - a1.b2| of unit rows",
        range="[0, inf)",
        function="simtool.losses.graded:cosent",
        source='Li and Li 2024, "AoE: Angle-optimized Embeddings"; sentence-transformers AnglELoss',
        inputs="pairs",
        item="batch",
        labels="score",
        metric="angle",
        parameters={"scale": 20.0},
        whole_batch=True,
        peers="a1, a2 are the halves of a; sentence-transformers pads an odd number of dims with a zero; "
        "here it is an error",
    ),
)

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

TEACHER_LOSSES = (
    loss(
        name="mse",
        meaning="mean squared difference of a row and its teacher's, over the dims",
        formula="mean_j (x_j - t_j)^2",
        range="[0, inf)",
        function="simtool.losses.teacher:mse",
        source="Reimers and Gurevych 2020; sentence-transformers MSELoss",
        inputs="teacher",
        item="row",
        peers="a mean over the dims, not the squared distance: that is d times as much",
    ),
    loss(
        name="kl",
        meaning="divergence of the distribution over a row's candidates from the teacher's",
        formula="T^2 sum_j p_j log(p_j / q_j), p = softmax(teacher / T), q = softmax(student / T)",
        range="[0, inf)",
        function="simtool.losses.teacher:kl",
        source="Hinton, Vinyals, Dean 2015, section 2; sentence-transformers DistillKLDivLoss",
        inputs="teacher",
        item="row",
        parameters={"temperature": 1.0},
        peers="sentence-transformers had temperature 2 up to 5.0.0; torch.nn.KLDivLoss averages over the candidates "
        "too unless told batchmean, and has no T^2",
    ),
)

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

LOSSES = (*PAIR_LOSSES, *TRIPLET_LOSSES, *SCORE_LOSSES, *VIEW_LOSSES, *TEACHER_LOSSES, *CLASSIFIER_LOSSES)
