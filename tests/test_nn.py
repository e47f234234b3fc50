"""The modules of losses and metrics, beside the functions and torch."""

import copy
import pickle

import numpy as np
import pytest
import torch

import simtool
from simtool.catalogue import LOSSES, find
from simtool.catalogue.libraries import LIBRARY_LOSSES, bare_names
from simtool.errors import ParameterError
from simtool.metrics import cosine
from simtool.nn import Loss, Similarity

RNG = np.random.default_rng(5)
ROWS = torch.from_numpy(RNG.normal(size=(16, 6)))
CODES = torch.arange(16) % 4


@pytest.mark.parametrize("entry", [entry for entry in LOSSES if entry.inputs == "classes"], ids=lambda each: each.name)
def test_a_module_is_the_function_with_its_options(entry):
    module = Loss(entry.name)
    expected = getattr(simtool.losses, entry.name.replace("-", "_"))(ROWS, CODES)
    assert module(ROWS, CODES) == module(ROWS, labels=CODES) == expected
    assert not list(module.parameters())
    assert copy.deepcopy(module)(ROWS, CODES) == pickle.loads(pickle.dumps(module))(ROWS, CODES) == expected


def test_parameters_and_reduction_are_kept():
    module = Loss("sup-con", temperature=0.3, reduction="none")
    assert torch.equal(module(ROWS, CODES), simtool.losses.sup_con(ROWS, CODES, temperature=0.3, reduction="none"))
    assert "sup-con, temperature=0.3" in repr(module)


def test_hard_pairs_are_those_of_wang():
    unit = torch.nn.functional.normalize(ROWS)
    scores, parts = unit @ unit.T, []
    for i, row in enumerate(scores):
        same, other = (CODES[i] == CODES) & (torch.arange(16) != i), CODES[i] != CODES
        positives = row[same & (row - 0.1 < row[other].max())]
        negatives = row[other & (row + 0.1 > row[same].min())]
        pull, push = torch.exp(-2 * (positives - 0.5)).sum(), torch.exp(50 * (negatives - 0.5)).sum()
        parts.append(torch.log1p(pull) / 2 + torch.log1p(push) / 50)
    assert Loss("multi-similarity", miner="hard")(ROWS, CODES).item() == pytest.approx(
        torch.stack(parts).mean().item(), rel=1e-12
    )


@pytest.mark.parametrize("kind", ["arcface", "cosface"])
def test_a_classifier_holds_its_weights_and_learns_them(kind):
    module = Loss(kind, num_classes=4, embedding_dim=6).double()
    assert [name for name, _ in module.named_parameters()] == list(module.state_dict()) == ["weights"]
    own = module.weights.detach().clone().requires_grad_()
    cosines = torch.nn.functional.normalize(ROWS) @ torch.nn.functional.normalize(own).T
    target = torch.nn.functional.one_hot(CODES, 4).bool()
    moved = torch.cos(torch.acos(cosines) + 0.5) if kind == "arcface" else cosines - 0.35
    expected = torch.nn.functional.cross_entropy(64 * torch.where(target, moved, cosines), CODES)
    found = module(ROWS, CODES)
    assert found.item() == pytest.approx(expected.item(), rel=1e-12)
    found.backward()
    expected.backward()
    torch.testing.assert_close(module.weights.grad, own.grad, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("kind", ["sup-con", "batch-hard-triplet", "barlow-twins", "cosent"])
def test_a_compiled_model_has_the_same_loss(kind):
    head, module = torch.nn.Linear(6, 4).double(), Loss(kind)
    labels = {"cosent": torch.linspace(0, 1, 16), "barlow-twins": None}.get(kind, CODES)
    sides = [ROWS] if module.loss.spec.entry.inputs == "classes" else [ROWS, ROWS.flip(0)]

    def step(*sides):
        return module(*(head(side) for side in sides), labels=labels)

    compiled = torch.compile(step, backend="aot_eager")
    for function in (step, compiled):
        head.zero_grad()
        function(*sides).backward()
        if function is step:
            expected = head.weight.grad.clone()
    assert compiled(*sides).item() == pytest.approx(step(*sides).item(), rel=1e-12)
    torch.testing.assert_close(head.weight.grad, expected, rtol=1e-10, atol=1e-12)


def test_similarity_is_called_as_torch_is():
    x, y = torch.rand(3, 5, 2), torch.rand(3, 5, 2)
    torch.testing.assert_close(Similarity()(x, y), torch.nn.CosineSimilarity()(x, y))
    torch.testing.assert_close(Similarity("cosine", dim=-1)(x, y), cosine(x, y))
    apart = Similarity("minkowski", dim=2, p=3.0)(x, y)
    torch.testing.assert_close(apart, (x - y).abs().pow(3).sum(2).pow(1 / 3))
    tiny = torch.tensor([[1e-9, 0.0]])
    assert [Similarity(eps=eps)(tiny, tiny).item() for eps in (1e-8, 0.0)] == pytest.approx([0.01, 1.0])
    assert "cosine, dim=1" in repr(Similarity())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "sup-con", "num_classes": 3}, "takes no num_classes and embedding_dim"),
        ({"kind": "arcface"}, "takes num_classes and embedding_dim"),
        ({"kind": "arcface", "num_classes": 0, "embedding_dim": 2}, "takes num_classes and embedding_dim"),
        ({"kind": "sup-con", "margin": 1.0}, "no margin"),
        ({"kind": "sup-conn"}, "unknown loss"),
        ({"kind": "info-nce", "miner": "hard"}, "a miner chooses among the pairs of a batch with classes"),
        ({"kind": "sup-con", "miner": "easy"}, "easy"),
    ],
)
def test_what_cannot_be_is_refused_at_once(options, message):
    with pytest.raises(ParameterError, match=message):
        Loss(**options)


def test_a_wrong_number_of_arrays_is_said():
    with pytest.raises(TypeError, match="expected embeddings and labels, got 3 arrays"):
        Loss("sup-con")(ROWS, ROWS, CODES)


@pytest.mark.parametrize("row", LIBRARY_LOSSES, ids=lambda row: row.full_name)
def test_a_library_s_name_is_a_class_as_it_is_there(row):
    sizes = {"num_classes": 4, "embedding_dim": 6} if find("loss", row.loss).inputs == "classifier" else {}
    torch.manual_seed(1)
    module = getattr(getattr(simtool.losses, row.library), row.name)(**sizes)
    torch.manual_seed(1)
    expected = Loss(row.full_name, **sizes)
    assert isinstance(module, Loss)
    assert repr(module).startswith(f"{row.name}({row.loss}")
    assert pickle.loads(pickle.dumps(module)).loss == module.loss == expected.loss
    if row.name in bare_names():
        assert type(getattr(simtool.losses, row.name)(**sizes)) is type(module)


def test_a_library_s_class_takes_its_parameters():
    module = simtool.losses.SupConLoss(temperature=0.3)
    assert module(ROWS, CODES) == Loss("pml.SupConLoss", temperature=0.3)(ROWS, CODES)
    with pytest.raises(ParameterError, match="has no margin"):
        simtool.losses.SupConLoss(margin=1)


@pytest.mark.parametrize("name", ["TripletMarginLoss", "ContrastiveLoss"])
def test_an_ambiguous_name_is_refused_and_lists_both(name):
    both = " or ".join(row.full_name for row in LIBRARY_LOSSES if row.name == name)
    with pytest.raises(AttributeError, match=f"are different losses: say {both}"):
        getattr(simtool.losses, name)
    assert not hasattr(simtool.losses, name)
    assert name not in dir(simtool.losses)
    with pytest.raises(AttributeError, match=r"simtool\.losses\.pml has no loss 'SupCon'; it has ArcFaceLoss"):
        simtool.losses.pml.SupCon  # noqa: B018 - the name is wrong on purpose
