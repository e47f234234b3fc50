"""Folders that the datasets library wrote."""

import datasets
import pytest
from written_files import WORDS, X, check

from simtool.errors import DataError, InputNotFoundError
from simtool.io import open_vectors


def test_datasets_folders(tmp_path):
    kinds = {"id": datasets.Value("string"), "emb": datasets.List(datasets.Value("float32"))}
    kinds["map"] = datasets.Array2D((3, 2), "float32")
    columns = {"id": WORDS, "emb": X.tolist(), "map": X.reshape(10, 3, 2).tolist()}
    made = datasets.Dataset.from_dict(columns, features=datasets.Features(kinds))
    datasets.disable_progress_bars()
    for name, dataset in {"one": made, "shuffled": made.shuffle(seed=1)}.items():
        folder = tmp_path / name
        dataset.save_to_disk(folder, num_shards=3)
        rows = [WORDS.index(word) for word in dataset["id"]]
        check(f"{folder}::emb", X[rows], [WORDS[row] for row in rows])
        check(f"{folder}::map", X.reshape(10, 3, 2)[rows], [WORDS[row] for row in rows])
    datasets.DatasetDict({"train": made}).save_to_disk(tmp_path / "splits")
    check(f"{tmp_path / 'splits' / 'train'}::emb", ids=WORDS)
    with pytest.raises(DataError, match="several splits of a dataset") as several:
        open_vectors(str(tmp_path / "splits"))
    assert several.value.hint == f"name one of them, such as {tmp_path / 'splits' / 'train'}"


@pytest.mark.parametrize(
    ("state", "what"),
    [
        (b"{", "cannot be read"),
        (b"[]", "names no files"),
        (b'{"_data_files": []}', "names no files"),
        (b'{"_data_files": [{"filename": 3}]}', "names no files"),
        (b'{"_data_files": [{"filename": "../../etc/passwd"}]}', "lies outside its folder"),
        (b'{"_data_files": [{"filename": "/etc/passwd"}]}', "lies outside its folder"),
        (b'{"_data_files": [{"filename": "gone.arrow"}]}', "no such file"),
        (b'{"_data_files": [{"filename": "state.json"}]}', "expected an Arrow stream, got jsonl"),
        (b'{"_data_files": [{"filename": "a"}], "_indices_data_files": [{"filename": "b"}]}', "chosen by indices"),
    ],
)
def test_datasets_folders_that_are_refused(tmp_path, state, what):
    (tmp_path / "dataset_info.json").write_text("{}")
    (tmp_path / "state.json").write_bytes(state)
    with pytest.raises((DataError, InputNotFoundError), match=what):
        open_vectors(str(tmp_path))
