"""Options that select rows and columns reach a command as selections in the place of its sources."""

import inspect

import pytest

from simtool.cli.options import OutputOption
from simtool.cli.selecting import selecting
from simtool.errors import ParameterError
from simtool.io import Selection


def command(seen, **options):
    @selecting("a", "b", **options)
    def body(a: str, b: str | None = None, seed: int = 0):
        seen.append((a, b, seed))

    def run(**typed):
        names = [name for name in inspect.signature(body).parameters if name not in typed]
        body(**{name: 0 if name == "seed" else None for name in names}, **typed)
        return seen[-1]

    return body, run


def test_without_such_an_option_sources_stay_as_they_were_typed():
    _, run = command([])
    a, b, _ = run(a="x.npy", b="y.npy")
    assert (a, b) == ("x.npy", "y.npy")
    assert type(a) is type(b) is str


def test_rows_of_the_second_go_along_with_those_of_the_first():
    _, run = command([])
    a, b, seed = run(a="x.npy", b="y.npy", rows="0:5", seed=7)
    assert isinstance(a, Selection)
    assert isinstance(b, Selection)
    assert (a, a.rows, seed) == ("x.npy", "0:5", 7)
    assert b.along is a


def test_the_second_of_two_sets_has_options_of_its_own():
    body, run = command([], apart=["b"])
    assert {"where_b", "rows_b", "sample_b"} <= set(inspect.signature(body).parameters)
    a, b, _ = run(a="x.npy", b="y.npy", rows="0:5", rows_b="2:3")
    assert (a.rows, b.rows, b.along) == ("0:5", "2:3", None)


@pytest.mark.parametrize("option", ["where_b", "rows_b", "sample_b", "columns_b"])
@pytest.mark.parametrize("more", [{}, {"query": ["7"]}])
def test_what_selects_from_b_needs_one(option, more):
    _, run = command([], apart=["b"], queries=True)
    with pytest.raises(ParameterError, match="there is no B to select from"):
        run(a="x.npy", b=None, **{option: "1"}, **more)


def test_a_command_has_the_options_that_it_takes():
    plain, _ = command([], rows=False)
    full, _ = command([], apart=["b"], keeps=True, queries=True)
    assert not {"where", "rows", "sample", "query", "keep_columns"} & set(inspect.signature(plain).parameters)
    assert {"where", "rows", "sample", "query", "keep_columns"} <= set(inspect.signature(full).parameters)


def test_a_seed_without_a_sample_is_refused_where_nothing_else_is_drawn():
    @selecting("vectors")
    def body(vectors: str): ...

    names = dict.fromkeys(("columns", "where", "rows", "sample"))
    for selected in (names, {**names, "rows": "0:1"}):
        with pytest.raises(ParameterError, match="nothing random") as refused:
            body(vectors="x.npy", seed=3, **selected)
        assert refused.value.where == "«seed»"
    body(vectors="x.npy", seed=3, **{**names, "sample": 1})


@pytest.mark.parametrize("asked", [{"output": "x.npy"}, {"output": None, "format": "npy"}, {"output": "X.FBIN"}])
def test_columns_to_keep_need_an_output_that_holds_them(asked):
    @selecting("vectors", keeps=True)
    def body(vectors: str, output: OutputOption = None, format: str | None = None):
        taken.append(vectors)

    taken: list[str] = []
    typed = {"vectors": "t.csv", "format": None, **dict.fromkeys(("columns", "where", "rows", "sample")), **asked}
    with pytest.raises(ParameterError, match="holds no columns, and text, year were to be kept"):
        body(**typed, keep_columns=["text,year"])
    body(**{**typed, "output": "x.csv", "format": "csv"}, keep_columns=["text"])
    assert taken == ["t.csv"]
