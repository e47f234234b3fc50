"""`simtool merge`: kept, stopped, shared out and folded, a command gives the bytes that it gives alone."""

import json
import os
from threading import get_ident

import numpy as np
import pytest

from simtool.engine import matches, plan
from simtool.scoring import batch_data, batch_scores, batches, example_scores, mined_rows, sorted_batch
from simtool.work.run import WorkRun

OUTPUTS = ("o.csv", "o.npy", "o.json", "o.parquet")
COMMANDS = {
    "top k": "pairwise rows.npy others.npy -k 3 -o o.csv",
    "top k of one set": "pairwise rows.npy -k 3 -o o.parquet",
    "top k up to a threshold": "pairwise rows.npy others.npy -k 3 --threshold 0.5 -o o.csv",
    "threshold": "pairwise rows.npy --threshold 0.6 -o o.parquet",
    "closest pairs": "pairwise rows.npy others.npy --max-pairs 40 -o o.csv",
    "matrix": "pairwise rows.npy others.npy -o o.npy",
    "matrix of distances": "pairwise rows.npy --metric euclidean -o o.parquet",
    "connected": "dedup rows.npy --threshold 0.8 -o o.npy",
    "thresholds": "dedup rows.npy --sweep threshold=0.6:0.9:0.1 --format csv",
    "leak": "leak rows.npy others.npy --threshold 0.7 -o o.npy",
    "mine": "mine rows.npy --labels classes.npy --absolute-margin 0 -o o.csv",
    "ranks": "evaluate rows.npy --labels classes.npy --format json",
    "binned scores": "evaluate rows.npy --labels classes.npy --exact-pairs 9 --format json",
    "argmax": "compare rows.npy others.npy --aggregate argmax --aggregate chamfer --format json",
    "mmd": "compare rows.npy others.npy --aggregate mmd,energy --format json",
    "balls": "compare rows.npy others.npy --aggregate prdc --format json",
    "neighbours": "compare rows.npy partners.npy --aggregate knn-overlap --aggregate mutual --format json",
    "pairs": "loss rows.npy partners.npy --labels similar.npy --kind contrastive --margin 1 -o o.csv",
    "classes": "loss rows.npy --labels classes.npy --kind sup-con --kind multi-similarity --format json",
    "items": "loss rows.npy --labels classes.npy --kind nt-xent -o o.csv",
    "mined": "loss rows.npy --labels classes.npy --kind semi-hard-triplet -o o.csv",
    "gradient": "loss rows.npy --labels classes.npy --kind sup-con --grad o.npy",
    "views": "loss rows.npy partners.npy --kind info-nce --format json",
    "batches": "loss rows.npy --labels classes.npy --kind circle --batch-size 50 --shuffle --format json",
    "classifier": "loss rows.npy --labels classes.npy --kind arcface --weights weights.npy --format json",
}
# loops that are not kept, because they take next to no time
PLAIN = {"linear": "compare rows.npy others.npy --aggregate mean --format json"}
IN_ORDER = {
    "leader": "dedup rows.npy --threshold 0.8 --linkage leader -o o.npy",
    "complete": "dedup rows.npy --threshold 0.8 --linkage complete -o o.npy",
}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(plan, "QUERY_BLOCK", 16)
    monkeypatch.setattr(plan, "FULL_ROWS_BYTES", 16 * 4 * 90)
    monkeypatch.setattr(matches, "SMALL", 0)
    monkeypatch.setattr(sorted_batch, "ROWS", 16)
    for module in (batch_data, batches):
        monkeypatch.setattr(module, "SORTED", 500)
    monkeypatch.setattr(mined_rows, "HELD", 1 << 11)
    monkeypatch.setattr(batch_scores, "STRIPE_BYTES", 1 << 12)
    monkeypatch.setattr(example_scores, "CPU_PIECE", 100)


@pytest.fixture
def bytes_of(typed, inputs):
    """Run a line; give its outcome, and the file that it has written, which goes."""
    random = np.random.default_rng(1)
    centers = random.normal(size=(40, 6))
    for name, count in {"rows": 120, "others": 90}.items():
        np.save(f"{name}.npy", (centers[random.integers(40, size=count)] + 0.4 * random.normal(size=(count, 6))))
    np.save("partners.npy", np.load("rows.npy") + 0.3 * random.normal(size=(120, 6)))
    np.save("weights.npy", random.normal(size=(7, 6)))
    np.save("classes.npy", np.arange(120) % 7)
    np.save("similar.npy", np.arange(120) % 2)

    def bytes_of(line):
        code, out, err = typed(line)
        assert code == 0, err
        written = {name: (inputs / name).read_bytes() for name in OUTPUTS if (inputs / name).exists()}
        for name in written:
            (inputs / name).unlink()
        return out, written

    return bytes_of


def stopped_after(count, monkeypatch):
    """Let a run end, as if by a kill, once it has computed so many blocks."""
    left = [count]
    whole = WorkRun._computed

    def computed(self, *block):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return whole(self, *block)

    monkeypatch.setattr(WorkRun, "_computed", computed)


@pytest.mark.parametrize("name", COMMANDS | IN_ORDER | PLAIN)
def test_a_kept_run_and_one_that_was_stopped_give_the_bytes_of_a_plain_one(name, bytes_of, typed, inputs, monkeypatch):
    line = (COMMANDS | IN_ORDER | PLAIN)[name]
    plain = bytes_of(line)
    assert bytes_of(f"{line} --work kept") == plain
    if name in PLAIN:
        return
    assert len(list(inputs.glob("kept/*/block-*"))) > 2
    with monkeypatch.context() as patch:
        stopped_after(2, patch)
        assert typed(f"{line} --work w")[0] == 130
    assert bytes_of(f"{line} --work w") == plain
    assert bytes_of(f"{line} --work w") == plain


@pytest.mark.parametrize("name", COMMANDS)
def test_parts_fold_into_the_bytes_of_a_plain_run(name, bytes_of, typed, inputs):
    line = COMMANDS[name]
    plain = bytes_of(line)
    for _ in range(4):  # rounds
        for number in (2, 3, 1):
            out, written = bytes_of(f"{line} --work w --shard {number}/3")
            assert (out, written) == ("", {})
        if typed("merge w")[0] == 0:
            break
    for output in OUTPUTS:
        (inputs / output).unlink(missing_ok=True)
    assert bytes_of("merge w") == plain


def test_what_is_missing_is_named_and_nothing_is_written(bytes_of, typed, inputs):
    bytes_of(COMMANDS["top k"] + " --work w --shard 2/3")
    code, out, err = typed("merge w -o merged.csv")
    assert (code, out) == (2, "")
    assert "5 of its blocks are missing or damaged: block-00001-of-00008, block-00003-of-00008" in err
    assert "--work" in err
    assert not (inputs / "merged.csv").exists()


def test_a_merge_writes_where_and_how_it_is_told_from_anywhere(bytes_of, typed, inputs, monkeypatch):
    (plain,) = bytes_of(COMMANDS["top k"])[1].values()
    bytes_of("pairwise rows.npy others.npy -k 3 --work w")
    (inputs / "elsewhere").mkdir()
    monkeypatch.chdir(inputs / "elsewhere")
    assert typed("merge ../w -o merged.csv")[0] == 0
    assert (inputs / "elsewhere" / "merged.csv").read_bytes() == plain
    monkeypatch.chdir(inputs)
    assert len(json.loads(typed("merge w --format json")[1])["rows"]) == 360


def test_a_folder_without_work_and_a_part_without_a_folder_are_refused(typed):
    assert typed("merge nowhere")[0] == 2
    code, _, err = typed("pairwise x.npy -k 1 --shard 1/2")
    assert code == 2
    assert "--shard" in err


@pytest.mark.parametrize("part", ["0/2", "3/2", "1", "a/b", "1/2/3", "-1/2", ""])
def test_a_part_is_one_of_n(typed, part):
    code, _, err = typed(f"pairwise x.npy -k 1 --work w --shard={part}")
    assert code == 2
    assert "expected a part as I/N" in err


def test_linkages_that_go_row_by_row_are_not_shared_out(bytes_of, typed):
    code, _, err = typed(f"{IN_ORDER['leader']} --work w --shard 1/2")
    assert code == 2
    assert "connected can" in err


def test_other_options_and_other_inputs_are_refused(bytes_of, typed):
    line = "pairwise rows.npy others.npy --work w"
    bytes_of(f"{line} -k 3 -o o.csv")
    assert "--top-k was 3 and is 4" in typed(f"{line} -k 4")[2]
    assert typed(f"{line} -k 3 --format json --max-memory 2G --top 3")[0] == 0
    np.save("others.npy", np.load("others.npy")[::-1])
    code, _, err = typed(f"{line} -k 3")
    assert code == 2
    assert "others.npy" in err
    assert "another than the work was begun with" in err


def test_an_input_that_changes_meanwhile_ends_a_part_with_3(bytes_of, typed, monkeypatch):
    whole = WorkRun._computed

    def computed(self, *block):
        new = f"{get_ident()}.npy"  # blocks are computed by several threads
        np.save(new, np.zeros((90, 6)))
        os.replace(new, "others.npy")  # what is mapped stays: other threads read it
        return whole(self, *block)

    monkeypatch.setattr(WorkRun, "_computed", computed)
    code, _, err = typed(COMMANDS["top k"] + " --work w --shard 1/3")
    assert code == 3
    assert "changed while it was read" in err
