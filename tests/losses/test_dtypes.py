"""Every loss in float32: it stays float32, and is the loss in float64 up to rounding."""

import numpy as np
import pytest
import torch
from batches import of_batch, scores_of, takes_views, total

from simtool.catalogue import LOSSES, find
from simtool.losses.miners import ActiveTriplets
from simtool.losses.numerics import hinge, unit_rows

RNG = np.random.default_rng(3)
ROWS, CODES = RNG.normal(size=(24, 8)), np.arange(24) % 5
OF_BATCHES = [entry.name for entry in LOSSES if entry.inputs in ("classes", "views") and entry.metric]
OF_EXAMPLES = [entry.name for entry in LOSSES if entry.inputs in ("pairs", "triplets", "teacher", "classifier")]


def arrays_of(kind):
    """What the formula of a loss takes, without its labels, and these."""
    entry = find("loss", kind)
    labels = {"binary": CODES % 2, "score": RNG.uniform(size=24), "class": CODES, "none": None}[entry.labels]
    if entry.inputs in ("teacher", "classifier"):
        arrays = [ROWS, ROWS[::-1]] if entry.inputs == "teacher" else [RNG.uniform(-1, 1, size=(24, 5))]
    else:
        arrays = [RNG.uniform(size=24) for _ in range(1 if entry.inputs == "pairs" else 2)]
    return arrays, [] if labels is None else [torch.from_numpy(labels)]


@pytest.mark.parametrize("kind", OF_EXAMPLES)
def test_a_loss_of_examples_keeps_its_dtype(kind):
    arrays, labels = arrays_of(kind)
    function = find("loss", kind).load()
    wide, narrow = (
        function(*(torch.from_numpy(np.array(x)).to(dtype) for x in arrays), *labels)
        for dtype in (torch.float64, torch.float32)
    )
    assert narrow.dtype == torch.float32
    assert narrow.sum().item() == pytest.approx(wide.sum().item(), rel=1e-5)


@pytest.mark.parametrize("kind", OF_BATCHES)
def test_a_loss_of_a_batch_keeps_its_dtype(kind):
    scores = torch.from_numpy(scores_of(kind, ROWS))
    belongs = torch.arange(24) if takes_views(kind) else torch.from_numpy(CODES)
    wide, narrow = (of_batch(kind, scores.to(dtype), belongs) for dtype in (torch.float64, torch.float32))
    assert (narrow.total if isinstance(narrow, ActiveTriplets) else narrow).dtype == torch.float32
    assert total(narrow).item() == pytest.approx(total(wide).item(), rel=1e-5)


@pytest.mark.parametrize("kind", ["barlow-twins", "vicreg"])
def test_a_loss_of_features_keeps_its_dtype(kind):
    sides = [torch.from_numpy(ROWS), torch.from_numpy(ROWS + 0.1 * RNG.normal(size=ROWS.shape))]
    wide, narrow = (
        find("loss", kind).load()(*(x.to(dtype) for x in sides)) for dtype in (torch.float64, torch.float32)
    )
    wide, narrow = ((each[-1] if kind == "vicreg" else each).sum() for each in (wide, narrow))
    assert narrow.dtype == torch.float32
    assert narrow.item() == pytest.approx(wide.item(), rel=1e-5)


def test_rows_in_float32_have_length_1_whatever_their_size():
    rows = torch.tensor([[3.0, 4.0], [3e30, 4e30], [3e-35, 4e-35], [0.0, 0.0], [float("nan"), 1.0]])
    found = unit_rows(rows, eps=0.0)
    assert found.dtype == torch.float32
    assert found[:3].numpy() == pytest.approx(np.tile([0.6, 0.8], (3, 1)), rel=1e-6)
    assert found[3].tolist() == [0, 0]
    assert found[4].isnan().all()


def test_a_sum_that_rounding_to_float32_made_is_at_rest():
    x = torch.tensor([0.1, 0.5])
    assert hinge(x, 0.2, -0.3).tolist() == pytest.approx([0, 0.4], rel=1e-6)
    assert hinge(x, 0.2, -0.3)[0] == 0
