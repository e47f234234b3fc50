"""The file of a head: what is read back, and what is refused."""

import numpy as np
import pytest
from heads_of_others import safetensors

from simtool.errors import DataError
from simtool.fitting.checkpoint import SavedHead, fingerprint, read_head, write_head
from simtool.fitting.heads import Head

N, D, R = 500, 6, 3
GENERATOR = np.random.default_rng(9)
ROWS = GENERATOR.standard_normal((N, D)).astype(np.float32)
WEIGHT, MEAN = GENERATOR.standard_normal((R, D)), GENERATOR.standard_normal(D)
LINEAR = {"head": "linear", "schema": 1}
NOTHING = {"dtype": "U8", "shape": [0], "data_offsets": [32, 32]}
FOREIGN = {
    "a list": (safetensors("[]"), "hold no head"),
    "deep": (safetensors("[" * 50_000), "hold no head"),
    "a list as kind": (safetensors({"head": ["linear"], "schema": 1}), "another version"),
    "bfloat16": (safetensors(LINEAR, ("BF16", 2)), "'weight' is BF16"),
    "float8": (safetensors(LINEAR, ("F8_E4M3", 1)), "'weight' is F8_E4M3"),
    "integers": (safetensors(LINEAR, ("I64", 8)), "lacks the finite weight"),
    "bools": (safetensors(LINEAR, ("BOOL", 1)), "lacks the finite weight"),
    "many tensors": (safetensors(LINEAR, **{f"t{i}": NOTHING for i in range(2000)}), "holds 2002 tensors"),
    "no plan": (safetensors(LINEAR | {"plan": None, "complete": False}), "'plan' is not"),
    "inputs": (safetensors(LINEAR | {"inputs": 7}), "'inputs' is not"),
    "fingerprints": (safetensors(LINEAR | {"fingerprints": None}), "'fingerprints' is not"),
    "rows": (safetensors(LINEAR | {"rows": "x"}), "'rows' is not"),
    "epoch": (safetensors(LINEAR | {"epoch": {}}), "'epoch' is not"),
    "history": (safetensors(LINEAR | {"history": [[10**400, None]]}), "'history' is not"),
    "a row beyond": (safetensors(LINEAR | {"rows": 3}, held_out=[10**12]), "'held_out' is not"),
    "a row before": (safetensors(LINEAR, held_out=[-1]), "'held_out' is not"),
}


@pytest.fixture
def head(tmp_path):
    path = str(tmp_path / "head.safetensors")
    held_out = np.arange(0, N, 7)
    about = {"rows": N, "inputs": {"vectors": "x"}, "complete": True, "fingerprints": [fingerprint(ROWS[held_out])]}
    write_head(path, SavedHead(Head("linear", WEIGHT), about, held_out), force=False)
    return path


def test_a_head_reads_back_as_it_was(tmp_path, head):
    path = str(tmp_path / "w.safetensors")
    saved = SavedHead(Head("whiten", WEIGHT, MEAN), {"note": "α"}, np.asarray([3, 1]), {"parameter": MEAN})
    write_head(path, saved, force=False)
    found = read_head(path)
    assert (found.head.kind, found.about, found.held_out.tolist()) == ("whiten", {"note": "α"}, [3, 1])
    assert np.array_equal(found.head.weight, WEIGHT)
    assert np.array_equal(found.head.mean, MEAN)
    assert np.array_equal(found.state["parameter"], MEAN)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "expected a head as safetensors"), (b"\x80\x04pickle", "expected a head as safetensors")],
)
def test_other_files_are_no_heads(tmp_path, content, message):
    path = tmp_path / "head.safetensors"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_head(str(path))
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_head(str(tmp_path / "none.safetensors"))


def test_safetensors_of_others_are_no_heads(tmp_path):
    from safetensors.numpy import save_file

    path = str(tmp_path / "model.safetensors")
    save_file({"weight": WEIGHT}, path)
    with pytest.raises(DataError, match="these safetensors hold no head of simtool"):
        read_head(path)


@pytest.mark.parametrize("case", FOREIGN)
def test_damaged_and_foreign_heads_are_refused(tmp_path, case):
    content, message = FOREIGN[case]
    path = tmp_path / "head.safetensors"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_head(str(path))
