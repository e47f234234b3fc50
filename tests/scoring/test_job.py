"""One run of `loss`: the options that shaped its numbers, and several losses beside each other."""

import numpy as np

import simtool
from simtool.scoring.job import LOSS_KEYS

RNG = np.random.default_rng(0)
A, B, LABELS = RNG.normal(size=(9, 4)), RNG.normal(size=(9, 4)), np.arange(9) % 2


def test_each_loss_of_several_is_what_it_is_alone():
    kinds = ["contrastive", "cosine"]
    both = simtool.loss(A, B, labels=LABELS, kind=kinds)
    table = both.rows.columns
    assert table["kind"].tolist() == kinds
    for row, kind in enumerate(kinds):
        alone = simtool.loss(A, B, labels=LABELS, kind=kind).summary
        for key in LOSS_KEYS:
            assert both.summary[f"{kind}.{key}"] == alone[key]
            assert table[key][row] == alone[key]
    assert both.parameters["kind"] == kinds


def test_each_value_of_a_sweep_is_a_row_and_no_parameter():
    values = [0.0, 0.5, 1.0]
    found = simtool.loss(A, B, labels=LABELS, kind="contrastive", sweep=("margin", values))
    assert found.rows.columns["margin"].tolist() == values
    assert "margin" not in found.parameters
    for row, value in enumerate(values):
        alone = simtool.loss(A, B, labels=LABELS, kind="contrastive", margin=value, gradients=lambda *_: None)
        assert found.rows.columns["loss"][row] == alone.summary["loss"]
        np.testing.assert_allclose(found.rows.columns["gradient_norm"][row], alone.summary["gradient_norm"], rtol=1e-12)


def test_the_seed_is_a_parameter_where_rows_are_shuffled():
    options = {"labels": np.arange(9) // 3, "kind": "sup-con", "batch_size": 5, "seed": 3}
    assert "seed" not in simtool.loss(A, **options).parameters
    assert simtool.loss(A, **options, shuffle=True).parameters["seed"] == 3
