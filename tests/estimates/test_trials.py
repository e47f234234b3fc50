"""Runs on a sample: their growth, and what it lets expect."""

import pytest

from simtool.estimates.trials import FIRST, FLOP, Trial, extrapolated, grown


def trial(rows, seconds):
    return Trial(rows, float(rows * rows), seconds)


@pytest.mark.parametrize(("a", "b"), [(0.0, 1e-7), (1e-5, 1e-7), (4e-5, 1e-8)])
def test_seconds_of_rows_and_of_operations_are_told_apart(a, b):
    trials = [trial(rows, a * rows + b * rows**2) for rows in (1024, 2048, 4096)]
    assert extrapolated(trials, 10**5, 1e10) == pytest.approx(a * 1e5 + b * 1e10)


def test_linear_jobs_keep_their_constant():
    trials = [Trial(rows, 6.0 * rows, 0.01 + 1e-6 * rows) for rows in (8192, 16384)]
    assert extrapolated(trials, 10**6, 6e6) == pytest.approx(1.01)


def test_noise_does_not_make_a_large_job_cheap():
    trials = [trial(1024, 1.0), trial(2048, 1.0)]
    assert extrapolated(trials, 10**5, 1e10) >= 0.25 * 1e10 / 2048**2


def test_one_run_is_scaled_by_its_operations():
    assert extrapolated([trial(100, 1.0)], 1000, 1e6) == pytest.approx(100.0)
    assert extrapolated([Trial(100, 0.0, 1.0)], 1000, 0.0) == pytest.approx(10.0)


def test_runs_grow_until_they_take_long_or_are_large_or_all():
    def run(seconds, flop=1.0):
        return lambda size: asked.append(size) or Trial(size, flop * size, seconds)

    asked = []
    start, trials = grown(run(0.01), 8 * FIRST)
    assert asked == [FIRST, FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST]
    assert (start, len(trials)) == (0.0, 4)
    for slow in (run(0.5), run(0.0, FLOP / FIRST)):
        asked = []
        grown(slow, 8 * FIRST)
        assert asked == [FIRST, FIRST]


def test_what_only_the_first_run_takes_is_told_apart():
    times = iter([2.0, 0.5])
    assert grown(lambda size: Trial(size, 1.0, next(times)), FIRST)[0] == 1.5
