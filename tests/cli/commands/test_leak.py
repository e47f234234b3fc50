"""`simtool leak`: what is typed, and the gate."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def test_a_leaked_row_fails_the_gate_and_the_others_are_written(typed, inputs):
    np.save(inputs / "train.npy", np.eye(4)[:2])
    np.save(inputs / "test.npy", np.eye(4)[1:])
    code, out, err = typed("leak train.npy test.npy --threshold 0.9 -o clean.npy --assert leaked==0 --format csv")
    assert code == 1
    assert out == "test,train,score\n0,1,1.0\n"
    assert "FAILED leaked == 0 (is 1)" in err
    np.testing.assert_array_equal(np.load(inputs / "clean.npy"), np.eye(4)[2:])


def test_a_threshold_is_asked_for(typed):
    code, out, err = typed("leak x.npy x.npy")
    assert (code, out) == (2, "")
    assert "--threshold" in err


def test_rows_of_one_table_are_selected_for_each_set(typed, inputs):
    rows = np.random.default_rng(5).normal(size=(60, 4))
    rows[[41, 50]] = rows[[7, 3]]
    splits = np.asarray(["train", "test", "dev"])[[0] * 30 + [1] * 20 + [2] * 10]
    pq.write_table(pa.table({"split": splits, "v": rows.tolist()}), inputs / "t.parquet")
    found = "--threshold 0.999 --keep-columns split --format csv"
    selected = "--where-train split='train' --where-test split='test'"
    code, out, err = typed(f"leak t.parquet t.parquet {found} {selected} -o clean.parquet")
    assert (code, out.split()) == (0, ["test,train,score,split_test,split_train", "41,7,1.0,test,train"])
    assert "20 of 60 rows of t.parquet: where split='test'" in err
    written = pq.read_table(inputs / "clean.parquet")
    assert written["split"].to_pylist() == ["test"] * 19
    np.testing.assert_array_equal(written["v"].to_pylist(), np.delete(rows[30:50], 11, axis=0))
    by_number = typed(f"leak t.parquet t.parquet {found} --rows-train :30 --rows-test 30:50")
    assert by_number[1] == out
