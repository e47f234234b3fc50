"""The distances that a loss may be computed on."""

from simtool.catalogue.loss_distances import DISTANCES, other_distances


def test_the_others_are_all_but_the_one_named():
    for name in DISTANCES:
        assert {*DISTANCES} - {*other_distances(name)} == {name}
