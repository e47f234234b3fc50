"""The installed script: what most tests see of it without a process is what a process shows."""

import pytest


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("--version", 0),
        ("-h", 0),
        ("", 2),
        ("similarity x.npy y.npy", 0),
        ("pairwise - --top-k 2 --format csv", 0),
        ("pairwise x.npy --format npy", 0),
        ("pairwise x.npy --assert 'mean > 2'", 2),
        ("pairwise x.npy --assert mean>2", 1),
        ("pairwise nan.npy", 2),
        ("pairwise x.npy --device cuda:99", 3),
        ("similarity zero.npy x.npy --markdown", 2),
        ("compare x.npy y.npy --aggregate all --format markdown", 0),
    ],
)
def test_a_process_shows_the_same(run, odd, typed, code):
    stdin = (odd / "x.npy").read_bytes()
    without, real = (run(*typed.split(), cwd=odd, stdin=stdin, process=process) for process in (False, True))
    assert real.code == code
    assert without == real
