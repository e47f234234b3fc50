"""The losses of rows and their teacher's rows."""

from .entry import loss

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
