"""What was asked for: defaults of the catalogue, of a variant, and what was given, in this order."""

import pytest

from simtool import find
from simtool.errors import ParameterError
from simtool.scoring.spec import read_specs, swept


def specs_of(*kinds, variant=None, metric=None, reduction=None, **parameters):
    return read_specs(kinds, variant=variant, metric=metric, reduction=reduction, parameters=parameters)


def test_what_was_given_goes_before_the_catalogue():
    entry = find("loss", "contrastive")
    (plain,), (given,) = specs_of("contrastive", margin=None), specs_of("contrastive", margin=0.25, reduction="sum")
    assert plain.parameters == entry.parameters
    assert (plain.metric, plain.reduction, plain.factor) == (entry.metric, entry.reduction, 1.0)
    assert given.parameters == {**entry.parameters, "margin": 0.25}
    assert given.reduction == "sum"
    for name, variant in entry.variants.items():
        (found,) = specs_of("contrastive", variant=name)
        assert found.parameters == {**entry.parameters, **variant.parameters}
        assert (found.metric, found.factor) == (variant.metric or entry.metric, variant.factor)


def test_a_sweep_is_each_loss_with_each_value():
    found = swept(specs_of("contrastive", "cosine"), "margin", [0.1, 0.2])
    assert [(each.entry.name, each.parameters["margin"]) for each in found] == [
        (kind, value) for kind in ("contrastive", "cosine") for value in (0.1, 0.2)
    ]


def test_switches_are_the_reports_to_follow():
    (spec,) = specs_of("triplet", swap=1.0)
    assert spec.parameters["swap"] == 1
    assert "swap" not in spec.options


@pytest.mark.parametrize(
    ("kinds", "options", "what"),
    [
        ((), {}, "no loss was asked for"),
        (("contrastive", "nt-xent"), {}, "contrastive takes pairs, nt-xent takes"),
        (("contrastive",), {"margin": float("nan")}, "margin is nan"),
        (("contrastive",), {"temperature": 1.0}, "temperature"),
        (("contrastive",), {"metric": "dot"}, "the loss contrastive is not defined on dot"),
        (("contrastive",), {"variant": "nobody"}, "variant of contrastive"),
        (("triplet",), {"swap": 2.0}, "swap is 2, expected 0 or 1"),
        (("nt-xent",), {"reduction": "active-mean-by-label"}, "has no binary labels"),
    ],
)
def test_what_is_refused(kinds, options, what):
    with pytest.raises(ParameterError, match=what):
        specs_of(*kinds, **options)
