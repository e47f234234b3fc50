"""Samples: which rows they hold, with their ids."""

import numpy as np

from simtool.estimates.samples import PIECES, HeldSample, most_rows
from simtool.io import as_vectors, with_ids
from simtool.io.vectors import IdentifiedVectors


def rows(total, width=3):
    return with_ids(as_vectors(np.arange(total * width, dtype=np.float32).reshape(total, width)), np.arange(total) + 7)


def test_rows_of_an_array_come_from_all_over_it():
    sample = HeldSample.of(rows(1000), 64).rows
    numbers = sample.numbers
    assert len(numbers) == len(set(numbers.tolist())) == 64
    assert (np.diff(numbers) > 0).all()
    assert (numbers[0], int((np.diff(numbers) > 1).sum())) == (0, PIECES - 1)
    assert numbers[-1] > 900
    np.testing.assert_array_equal(sample.vectors.read(0, 64)[:, 0], 3.0 * numbers)
    np.testing.assert_array_equal(sample.vectors.ids, numbers + 7)


def test_of_a_file_that_is_no_array_the_first_rows_are_read():
    class Reads(IdentifiedVectors):
        def read(self, start, stop):
            asked.append((start, stop))
            return super().read(start, stop)

    asked = []
    sample = HeldSample.of(Reads(rows(1000), None), 64).rows
    np.testing.assert_array_equal(sample.numbers, np.arange(64))
    assert asked == [(0, 64)]


def test_some_rows_lie_far_apart_and_keep_their_numbers():
    sample = HeldSample.of(rows(1000), 64).rows
    some = sample.some(8)
    np.testing.assert_array_equal(some.numbers, sample.numbers[::8])
    np.testing.assert_array_equal(some.vectors.ids, some.numbers + 7)
    assert len(sample.some(999).numbers) == 64


def test_inputs_of_one_length_have_the_same_rows():
    a, b = (HeldSample.of(side, most_rows(rows(500), rows(500, 9))).rows for side in (rows(500), rows(500, 9)))
    np.testing.assert_array_equal(a.numbers, b.numbers)


def test_wide_rows_are_fewer():
    assert most_rows(as_vectors(np.zeros((3, 1 << 20), dtype=np.float32))) == 8
