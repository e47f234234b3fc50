"""A matrix as a folder of parts: which files there are, what stands in them, and what is refused."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow.parquet as pq
import pytest

from simtool import pairwise
from simtool.cli.output.render import TABLES
from simtool.engine import plan
from simtool.errors import OutputError, ParameterError
from simtool.io import ARRAYS, delivery
from simtool.results import MatrixPart
from simtool.work import MatrixFolder, WorkFolder, check_matrix_folder, shard, working
from simtool.work.keeping import PartDone

X, Y = np.random.default_rng(0).normal(size=(2, 40, 5)).astype("f4")


@pytest.fixture(autouse=True)
def _blocks_of_eight_rows(monkeypatch):
    monkeypatch.setattr(plan, "FULL_ROWS_BYTES", 4 * len(Y) * 8)


def write(path, format="npy", a=X, *, force=False):
    """Let pairwise write a matrix in parts."""
    made = []

    def into(*of):
        made.append(MatrixFolder(str(path), format, *of, force=force))
        return made[0]

    with delivery():
        result = pairwise(a, Y, into=into)
        made[0].finish()
    return result


def names(path):
    return sorted(each.name for each in path.iterdir())


def whole(path):
    return np.concatenate([np.load(path / name) for name in names(path) if name != "_manifest.json"])


def test_parts_are_the_matrix(tmp_path):
    plain, result = pairwise(X, Y), write(tmp_path / "m")
    assert names(tmp_path / "m") == [
        "_manifest.json", *(f"rows-{start:02}-{start + 8:02}.npy" for start in range(0, 40, 8))
    ]  # fmt: skip
    np.testing.assert_array_equal(whole(tmp_path / "m"), plain.array)
    assert (result.summary, result.array) == (plain.summary, None)
    np.testing.assert_array_equal(result.grids[0].scores, plain.grids[0].scores)
    stated = json.loads((tmp_path / "m" / "_manifest.json").read_text())
    assert (stated["shape"], stated["dtype"], stated["format"]) == ([40, 40], "<f4", "npy")
    assert stated["parts"][-1] == {"file": "rows-32-40.npy", "rows": [32, 40]}


def test_parts_of_a_table_are_its_cells(tmp_path):
    write(tmp_path / "m", "parquet")
    found = [pq.read_table(tmp_path / "m" / name).to_pydict() for name in names(tmp_path / "m")[1:]]
    rows = pairwise(X, Y).rows.read(0, 1600)
    for column in ("a", "b", "score"):
        assert [value for part in found for value in part[column]] == rows[column].tolist()


def test_several_runs_write_a_part_each_and_what_is_gone_is_written_again(tmp_path):
    def run(share):
        with working(str(tmp_path / "w"), "pairwise", {}, share=share):
            return write(tmp_path / "m")

    with pytest.raises(PartDone):
        run(shard(2, 2))
    assert names(tmp_path / "m") == ["rows-08-16.npy", "rows-24-32.npy"]
    (tmp_path / "m" / "rows-08-16.npy").unlink()
    with pytest.raises(PartDone):
        run(shard(1, 2))
    with pytest.raises(PartDone) as done:
        run(lambda *_: ())
    assert [name.rpartition("/")[2] for name in done.value.missing] == ["block-00002-of-00005"]
    result = run(None)
    np.testing.assert_array_equal(whole(tmp_path / "m"), pairwise(X, Y).array)
    assert result.summary == pairwise(X, Y).summary
    assert sum(each.stat().st_size for each in (tmp_path / "w").rglob("block-*")) < 8000  # no scores


def test_parts_that_another_run_has_written_over_are_computed_again(tmp_path):
    def run(work, a, share):
        with working(str(tmp_path / work), "pairwise", {}, share=share):
            return write(tmp_path / "m", a=a)

    for work, a in (("w1", X), ("w2", X + 1)):
        with pytest.raises(PartDone):
            run(work, a, shard(1, 2))
    with pytest.raises(PartDone) as done:
        run("w1", X, shard(2, 2))
    assert [name.rpartition("/")[2] for name in done.value.missing] == [f"block-0000{n}-of-00005" for n in (1, 3, 5)]
    run("w1", X, None)
    np.testing.assert_array_equal(whole(tmp_path / "m"), pairwise(X, Y).array)


@pytest.mark.parametrize("format", [*ARRAYS, *TABLES])
def test_every_format_has_parts_that_go_on_and_are_replaced(tmp_path, format):
    path = tmp_path / "m"

    def run(share, **options):
        with working(str(tmp_path / "w"), "pairwise", {}, share=share):
            return write(path, format, **options)

    with pytest.raises(PartDone):
        run(shard(1, 2))
    run(shard(2, 2))
    assert len(names(path)) == 6
    check_matrix_folder(str(path), force=True, inputs=())
    write(path, format, a=X[:24], force=True)
    assert len(names(path)) == 4
    (path / "_manifest.json").unlink()
    with pytest.raises(OutputError, match="not finished"):
        check_matrix_folder(str(path), force=False, inputs=())


def test_two_runs_may_clear_up_one_folder(tmp_path):
    write(tmp_path / "m")
    for each in [MatrixFolder(str(tmp_path / "m"), "npy", (40, 40), np.dtype("f4"), force=True) for _ in range(2)]:
        each.write([MatrixPart(0, np.ones((8, 40), "f4"), None)])
    assert names(tmp_path / "m") == ["rows-00-08.npy"]


def test_a_finished_folder_is_replaced_by_force_alone(tmp_path):
    write(tmp_path / "m")
    with pytest.raises(OutputError, match="exists already"):
        check_matrix_folder(str(tmp_path / "m"), force=False, inputs=())
    write(tmp_path / "m", a=X[:24], force=True)
    np.testing.assert_array_equal(whole(tmp_path / "m"), pairwise(X[:24], Y).array)


def test_every_part_that_is_gone_is_named_and_the_matrix_is_not_finished(tmp_path):
    folder = MatrixFolder(str(tmp_path / "m"), "npy", (40, 40), np.dtype("f4"), force=False)
    for start in (8, 24):
        folder.write([MatrixPart(start, np.ones((8, 40), "f4"), None)])
    with pytest.raises(OutputError, match="are gone, of rows 0:8, 16:24, 32:40") as refused, delivery():
        folder.finish()
    assert refused.value.hint == "run it again"
    assert names(tmp_path / "m") == ["rows-08-16.npy", "rows-24-32.npy"]
    many = MatrixFolder(str(tmp_path / "n"), "npy", (40, 40), np.dtype("f4"), force=False)
    for start in range(1, 40, 4):
        many.write([MatrixPart(start, np.ones((1, 40), "f4"), None)])
    with pytest.raises(OutputError, match="rows 0:1, 2:5, 6:9, 10:13, 14:17 and 6 more"), delivery():
        many.finish()


def test_no_thread_writes_while_another_clears_up(tmp_path, monkeypatch):
    write(tmp_path / "m")
    remove = WorkFolder.remove

    def slowly(folder, name):
        time.sleep(0.02)
        remove(folder, name)

    monkeypatch.setattr(WorkFolder, "remove", slowly)
    folder = MatrixFolder(str(tmp_path / "m"), "npy", (40, 40), np.dtype("f4"), force=True)
    parts = [[MatrixPart(start, np.ones((8, 40), "f4"), None)] for start in range(0, 40, 8)]
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(folder.write, parts))
    assert names(tmp_path / "m") == [f"rows-{start:02}-{start + 8:02}.npy" for start in range(0, 40, 8)]


def test_parts_without_a_manifest_are_gone_on_with_where_work_is_kept(tmp_path):
    write(tmp_path / "m")
    (tmp_path / "m" / "_manifest.json").unlink()
    with pytest.raises(OutputError, match="not finished"):
        check_matrix_folder(str(tmp_path / "m"), force=False, inputs=())
    with working(str(tmp_path / "w"), "pairwise", {}):
        check_matrix_folder(str(tmp_path / "m"), force=False, inputs=())


@pytest.mark.parametrize("name", ["rows-40-48.npy", "rows-08-16.parquet", "rows-008-016.npy"])
def test_a_part_of_another_shape_or_format_is_named_before_the_work_or_goes(tmp_path, name):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / name).write_bytes(b"")
    with working(str(tmp_path / "w"), "pairwise", {}):
        with pytest.raises(OutputError, match=f"{name} is a part of another matrix"):
            write(tmp_path / "m")
        assert names(tmp_path / "m") == [name]
        write(tmp_path / "m", force=True)
    np.testing.assert_array_equal(whole(tmp_path / "m"), pairwise(X, Y).array)


@pytest.mark.parametrize("name", ["rows-03-11.npy"])
def test_a_part_of_other_rows_is_named(tmp_path, name):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / name).write_bytes(b"")
    with working(str(tmp_path / "w"), "pairwise", {}), pytest.raises(OutputError, match=r"rows-.*of another matrix"):
        write(tmp_path / "m")
    assert "_manifest.json" not in names(tmp_path / "m")


def test_what_has_no_parts_is_refused(tmp_path):
    np.save(tmp_path / "x.npy", X)
    for path, inputs in ((tmp_path, [str(tmp_path / "x.npy")]), (tmp_path / "x.npy", [])):
        with pytest.raises(OutputError, match=r"input lies in|this is a file"):
            check_matrix_folder(f"{path}/", force=True, inputs=inputs)
    with pytest.raises(ParameterError, match="one matrix, and there are 2"):
        write(tmp_path / "m", a=np.stack([X, X]))
    with pytest.raises(ParameterError, match="heat map"):
        pairwise(X, Y, into=lambda *of: MatrixFolder(str(tmp_path / "m"), "npy", *of, force=False), heat_map=4)
    assert not (tmp_path / "m").exists()


def test_sets_of_tokens_go_into_parts_too(tmp_path):
    items, made = np.random.default_rng(1).normal(size=(9, 3, 4)), []

    def into(*of):
        made.append(MatrixFolder(str(tmp_path / "m"), "npy", *of, force=False))
        return made[0]

    pairwise(items, metric="maxsim", into=into)
    made[0].finish()
    np.testing.assert_array_equal(whole(tmp_path / "m"), pairwise(items, metric="maxsim").array)
