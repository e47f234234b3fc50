"""One result in every format, and what reaches a terminal, a pipe and a file."""

import csv
import io
import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simtool.cli.output.render import FORMATS, Output, render
from simtool.errors import OutputError, ParameterError, printable
from simtool.results import Column, Columns, Grid, Result, Verdict, judge, parse_gate

HOSTILE = [
    "[red]x[/red]",
    "\x1b[31mred\x1b[0m",
    "two\nlines",
    'a | b, "c" \\ `d` <e>',
    "日本語のid",
    "👩‍🚀🇩🇪",
    "\u202eleft",
    "x" * 200,
]
SCORES = np.array([0.1, -0.25, 1 / 3, 0.99999, 0.5, -1, 0.75, 0.0625], dtype=np.float32)
BINARY = ("npy", "parquet", "arrow")
SUFFIXES = {"markdown": "md"}


def text_column(values: list[str]) -> Column:
    return np.array(values, dtype=object)


def make_result(columns: Mapping[str, Column] | None = None, **changes: Any) -> Result:
    if columns is None:
        columns = {"id": text_column(HOSTILE), "row": np.arange(8), "score": SCORES}
    members: dict[str, Any] = {
        "command": "similarity",
        "inputs": {"a": "texts_[a].npy", "b": "\x1b]0;title\x07.npy"},
        "parameters": {"metric": "cosine", "dim": (0, 1), "top_k": None},
        "summary": {"mean": np.float32(0.1), "count": 8, "spearman": None},
        "rows": Columns(columns),
        "array": SCORES,
    }
    return Result(**(members | changes))


def many_rows(count: int) -> Result:
    return make_result({"row": np.arange(count), "score": np.linspace(0, 1, count)})


def gates(result: Result) -> tuple[Verdict, ...]:
    return judge([parse_gate("mean >= 0.9")], result.summary)


def read_table(data: bytes) -> dict[str, Any]:
    lines = [line for line in data.decode().splitlines() if line.startswith("│")]
    return by_name([[cell.strip() for cell in line.strip("│").split("│")] for line in lines])


def read_markdown(data: bytes) -> dict[str, Any]:
    lines = next(part for part in data.decode().split("\n\n") if part.startswith("|")).splitlines()
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    unescaped = [[re.sub(r"\\([\\|<`*\[])", r"\1", cell) for cell in row] for row in rows]
    return by_name([unescaped[0], *unescaped[2:]])


def by_name(rows: list[list[str]]) -> dict[str, Any]:
    return dict(zip(rows[0], map(list, zip(*rows[1:], strict=True)), strict=True))


def from_records(records: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: [record[name] for record in records] for name in records[0]}


def ipc(data: bytes) -> Any:
    """Open what a file holds, or the stream that stdout carries."""
    return pa.ipc.open_file(data) if data.startswith(b"ARROW1") else pa.ipc.open_stream(data)


READERS: dict[str, Callable[[bytes], dict[str, Any]]] = {
    "table": read_table,
    "json": lambda data: from_records(json.loads(data)["rows"]),
    "jsonl": lambda data: from_records([json.loads(line) for line in data.decode().splitlines()]),
    "csv": lambda data: by_name(list(csv.reader(io.StringIO(data.decode(), newline="")))),
    "markdown": read_markdown,
    "npy": lambda data: {"score": np.load(io.BytesIO(data))},
    "parquet": lambda data: pq.read_table(io.BytesIO(data)).to_pydict(),
    "arrow": lambda data: ipc(data).read_all().to_pydict(),
}


@pytest.fixture
def terminal(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    # the class, for pytest makes a new stdout between a fixture and its test
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda stream: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


def show(result: Result, capfdbinary: pytest.CaptureFixture[bytes], format: str | None = None, **options: Any) -> str:
    render(result, Output.check(None, format, **options))
    return capfdbinary.readouterr().out.decode()


@pytest.mark.parametrize(
    ("format", "place"), [*((f, "stdout") for f in FORMATS), *((f, "file") for f in FORMATS if f != "table")]
)
def test_every_format_reads_back_to_the_same_numbers(
    format: str, place: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    result = make_result()
    path = str(tmp_path / f"out.{SUFFIXES.get(format, format)}")
    render(result, Output.check(path, None) if place == "file" else Output.check(None, format), gates=gates(result))
    captured = capfdbinary.readouterr()
    found = READERS[format](Path(path).read_bytes() if place == "file" else captured.out)
    scores = np.array(found["cosine" if format == "table" else "score"], dtype=np.float32)
    if format == "table":
        np.testing.assert_allclose(scores, SCORES, atol=5e-5)
    else:
        np.testing.assert_array_equal(scores, SCORES)
    if format != "npy":
        expected = [printable(text) for text in HOSTILE] if format in ("table", "markdown") else HOSTILE
        assert found["id"] == expected
        assert list(map(int, found["row"])) == list(range(8))
    if place == "file":
        what = "8, float32" if format == "npy" else "8 rows"
        assert (captured.out, captured.err.decode()) == (b"", f"wrote {path} ({what})\n")


def test_the_json_document(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    result = make_result(notes=("row 3 is zero",))
    render(result, Output.check(None, "json", quiet=True), gates=gates(result))
    captured = capfdbinary.readouterr()
    document = json.loads(captured.out)
    assert list(document) == ["schema", "command", "inputs", "parameters", "summary", "rows", "gates", "notes", "types"]
    assert document["schema"] == 1
    assert document["inputs"] == dict(result.inputs)
    assert document["parameters"] == {"metric": "cosine", "dim": [0, 1], "top_k": None}
    assert document["summary"] == {"mean": 0.1, "count": 8, "spearman": None}
    assert document["rows"][0] == {"id": "[red]x[/red]", "row": 0, "score": 0.1}
    assert document["gates"][0]["assert"] == "mean >= 0.9"
    assert document["gates"][0]["passed"] is False
    assert document["notes"] == ["row 3 is zero"]
    assert captured.err == b""


@pytest.mark.parametrize("format", ["json", "jsonl", "csv", "markdown", "parquet", "arrow"])
def test_more_rows_than_one_batch(format: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    render(many_rows(70_000), Output.check(None, format))
    found = READERS[format](capfdbinary.readouterr().out)
    np.testing.assert_array_equal(np.array(found["score"], dtype=float), np.linspace(0, 1, 70_000))


@pytest.mark.parametrize("format", FORMATS)
def test_no_rows(format: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    render(make_result({"id": text_column([]), "score": np.zeros(0)}, array=np.zeros(0)), Output.check(None, format))
    out = capfdbinary.readouterr().out
    if format == "json":
        assert json.loads(out)["rows"] == []
    elif format == "jsonl":
        assert out == b""
    elif format in BINARY:
        assert len(READERS[format](out)["score"]) == 0
    else:
        assert (b"cosine" if format == "table" else b"score") in out
    assert (b"no rows" in out) is (format == "table")


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet", "arrow"])
def test_the_summary_is_the_row_of_a_result_without_rows(
    format: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    result = make_result({}, summary={"percent": 54.25, "metric": "cosine", "spearman": None})
    render(result, Output.check(None, format))
    found = READERS[format](capfdbinary.readouterr().out)
    assert float(found["percent"][0]) == 54.25
    assert found["metric"] == ["cosine"]
    assert np.isnan(float(found["spearman"][0] or "nan"))


@pytest.mark.parametrize("format", ["table", "csv", "json", "jsonl", "markdown"])
def test_nothing_hostile_reaches_the_terminal(
    format: str, terminal: None, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    result = make_result(notes=("file \x1b[2J",))
    render(result, Output.check(None, format))
    captured = capfdbinary.readouterr()
    shown = captured.out.decode().replace("\n", "")
    assert printable(shown) == shown
    assert "日本語のid" in shown
    assert "[red]x" in shown.replace("\\[", "[")
    assert captured.err == b"note: file \\x1b[2J\n"


def test_a_pipe_gets_the_bytes_as_they_are(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert "\x1b[31mred" in show(make_result(), capfdbinary, "csv")


def test_without_a_terminal_a_table_has_its_natural_width(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    lines = show(make_result(), capfdbinary).splitlines()
    assert all(line == line.rstrip() for line in lines)
    assert sum(line.startswith("│") for line in lines) == 1 + len(HOSTILE)
    assert any("x" * 200 in line for line in lines)
    assert "…" not in "".join(lines)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_where_columns_is_set_a_table_is_no_wider_and_its_numbers_are_whole(
    width: int, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.cells import cell_len

    wide = read_table(show(make_result(), capfdbinary).encode())["cosine"]
    monkeypatch.setenv("COLUMNS", str(width))
    lines = show(make_result(), capfdbinary).splitlines()
    table = [line for line in lines if line[:1] in "╭│├╰"]
    assert {cell_len(line) for line in table} == {cell_len(table[0])}
    assert cell_len(table[0]) <= width
    shown = [line.strip("│").split("│")[-1].strip() for line in table if line.startswith("│")][1:]
    assert [cell for cell in shown if cell] == wide


def test_wide_characters_stay_aligned(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from rich.cells import cell_len

    lines = show(make_result(), capfdbinary).splitlines()
    assert len({cell_len(line) for line in lines if line[0] in "╭│├╰"}) == 1


@pytest.mark.parametrize(
    ("count", "limit", "more"),
    [
        (20, 20, None),
        (21, 20, "… 1 more row; --top N shows more,"),
        (353, 20, "… 333 more rows;"),
        (9, 5, "… 4 more rows;"),
    ],
)
def test_a_long_table_says_what_it_leaves_out(
    count: int, limit: int, more: str | None, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    out = show(many_rows(count), capfdbinary, limit=limit)
    assert out.count("\n│") == 1 + min(count, limit)
    assert (more is None) is ("-o FILE" not in out)
    assert more is None or more in out


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.93716, -0.5, 0.0, 1.0], ["0.9372", "-0.5000", "0.0000", "1.0000"]),
        ([0.5, 3e-7, -2e-5, np.nan], ["0.5000", "3e-07", "-2e-05", "undefined"]),
        ([218.84896, 12.0], ["218.849", "12"]),
        ([218.84896, 0.0012345], ["218.849", "0.001234"]),
        ([1234567.8, 2e20, np.inf], ["1234568", "2e+20", "inf"]),
        ([-0.0], ["0.0000"]),
        ([np.nan], ["undefined"]),
    ],
)
def test_how_many_digits_a_table_shows(
    values: list[float], expected: list[str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    out = show(make_result({"distance": np.array(values)}), capfdbinary)
    assert read_table(out.encode())["distance"] == expected


def test_other_types_in_a_table(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    index = np.empty(2, dtype=object)
    index[0], index[1] = (0, 3), (1, 2)
    out = show(make_result({"index": index, "same": np.array([True, False])}), capfdbinary)
    assert read_table(out.encode()) == {"index": ["0, 3", "1, 2"], "same": ["true", "false"]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.9372134, "0.937213"),
        (1.0, "1"),
        (0.0, "0"),
        (-12.5, "-12.5"),
        (1234567.891, "1234568"),
        (3e-9, "3e-09"),
        (np.float32(0.1), "0.1"),
        (333, "333"),
        ("cosine", "cosine"),
        (None, "undefined"),
        (float("nan"), "undefined"),
    ],
)
def test_the_summary_lines(value: Any, expected: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    out = show(make_result({}, summary={"key": value, "much.longer": 1}), capfdbinary)
    assert out.splitlines()[-2:] == [f"key          {expected}", "much.longer  1"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(54.2134, "54.21 %"), (100, "100.00 %"), (None, "undefined"), (np.float32("nan"), "undefined")],
)
def test_the_percentage_stands_last(value: Any, expected: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    lines = show(make_result({}, summary={"mean": 0.1, "percent": value}), capfdbinary).splitlines()
    assert lines[2:] == ["mean  0.1", "", f"{expected}  mean"]


def make_grid(shape: tuple[int, int]) -> Result:
    scores = np.array([[1.0, -0.5, np.nan], [0.25, 0.0, -1.0]])
    grid = Grid(shape, text_column(["one", "[two]"]), np.arange(3), scores)
    return make_result(grids=(grid,))


def test_a_grid_is_a_matrix(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    out = show(make_grid((2, 3)), capfdbinary)
    assert "\x1b" not in out
    assert read_table(out.encode()) == {
        "": ["one", "[two]"],
        "0": ["1.0000", "0.2500"],
        "1": ["-0.5000", "0.0000"],
        "2": ["undefined", "-1.0000"],
    }
    assert "…" not in out


def test_the_corner_of_a_grid_shows_its_edges(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    out = show(make_grid((20, 30)), capfdbinary)
    assert read_table(out.encode())["…"] == ["…"] * 3
    assert "-o scores.npy writes the whole 20 × 30 matrix" in out


def test_the_matrices_of_a_batch_are_shown_one_after_the_other(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    one = make_grid((2, 3)).grids[0]
    out = show(make_result(grids=tuple(replace(one, batch=number, batches=2) for number in range(2))), capfdbinary)
    heads = [line for line in out.splitlines() if line.startswith("batch")]
    assert heads == ["batch 0", "batch 1"]
    assert out.count("[two]") == 2
    assert "-o" not in out
    few = show(make_result(grids=(replace(one, batch=0, batches=7),)), capfdbinary)
    assert "-o scores.npy writes the whole 7 × 2 × 3 matrices" in few


def test_colour_is_for_terminals_that_want_it(
    terminal: None, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    coloured = show(make_grid((2, 3)), capfdbinary)
    assert "\x1b[1m" in coloured
    assert re.search(r"\x1b\[38;5;\d+;48;5;\d+m *1\.0000", coloured)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    plain = show(make_grid((2, 3)), capfdbinary)
    assert plain == re.sub(r"\x1b\[[0-9;]*m", "", coloured)


@pytest.mark.parametrize("format", BINARY)
def test_binary_is_kept_from_a_terminal(format: str, terminal: None, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="stdout is a terminal") as caught:
        Output.check(None, format)
    assert f"-o FILE.{format}" in caught.value.hint
    Output.check(str(tmp_path / "out.npy"), None)


def test_npy_needs_an_array(tmp_path: Path) -> None:
    path = str(tmp_path / "out.npy")
    with pytest.raises(OutputError, match="one array") as caught:
        render(make_result(array=None), Output.check(path, None))
    assert ".parquet" in caught.value.hint
    assert os.listdir(tmp_path) == []
    for arguments in [(path, None), (None, "npy")]:
        with pytest.raises(OutputError, match="one array"):
            Output.check(*arguments, has_array=False)


def test_a_misspelt_format_gets_the_closest() -> None:
    with pytest.raises(ParameterError, match="'markdwn'") as caught:
        Output.check(None, "markdwn")
    assert caught.value.hint.startswith("did you mean markdown? there is table, json")


def test_the_output_is_checked_before_the_work(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    for inputs, force in [((), False), ((f"{path}::vector",), True)]:
        with pytest.raises(OutputError):
            Output.check(str(path), None, force, inputs=inputs)
    render(make_result(), Output.check(str(path), None, True, quiet=True))
    assert path.read_text().startswith("id,row,score")


def test_a_file_and_stdout_when_both_are_asked_for(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "out.parquet"
    render(make_result(), Output.check(str(path), "jsonl", quiet=True))
    captured = capfdbinary.readouterr()
    assert READERS["jsonl"](captured.out) == READERS["parquet"](path.read_bytes()) | {
        "score": READERS["jsonl"](captured.out)["score"]
    }
    assert captured.err == b""


def test_a_command_may_write_the_file_itself(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    output = Output.check(str(tmp_path / "out.npy"), None).written("9 × 9, float32")
    render(make_result(array=None, notes=("done",)), output)
    captured = capfdbinary.readouterr()
    assert captured.out == b""
    assert captured.err.decode() == f"wrote {tmp_path}/out.npy (9 × 9, float32)\nnote: done\n"


def test_verdicts_stand_in_files_and_not_twice_on_a_terminal(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    result = make_result()
    for name in ("out.json", "out.md"):
        render(result, Output.check(str(tmp_path / name), "table"), gates=gates(result))
        assert "mean >= 0.9" in (tmp_path / name).read_text() or "FAILED mean >= 0.9" in (tmp_path / name).read_text()
    assert b"failed" not in capfdbinary.readouterr().out
