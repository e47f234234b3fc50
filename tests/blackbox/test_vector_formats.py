"""The words of the sample data in the formats of others: one and the same top 5, through the command line."""

import base64
import gzip
import json
import struct
import subprocess
from pathlib import Path

import datasets
import h5py
import lance
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors.numpy
import torch
import zstandard
from gensim.models import KeyedVectors

from simtool.io import open_vectors

ROOT = Path(__file__).resolve().parents[2]
TOP_5 = ("--top-k", "5", "--format", "csv")


@pytest.fixture(scope="module")
def words():
    table = pq.read_table(ROOT / "sample_data" / "words.parquet")
    return table["id"].to_pylist(), np.stack(table["embedding"].to_numpy()).astype(np.float32)


@pytest.fixture(scope="module")
def files(tmp_path_factory, words):
    """Folder of the words in every format."""
    folder = tmp_path_factory.mktemp("formats")
    ids, x = words
    (folder / "ids.txt").write_text("\n".join(ids))
    safetensors.numpy.save_file({"embedding": x}, folder / "words.safetensors")
    torch.save({"ids": ids, "model": {"embedding": torch.from_numpy(x)}}, folder / "words.pt")
    (folder / "words.fbin").write_bytes(struct.pack("<II", *x.shape) + x.tobytes())
    (folder / "words.fvecs").write_bytes(b"".join(struct.pack("<i", len(row)) + row.tobytes() for row in x))
    vectors = KeyedVectors(x.shape[1])
    vectors.add_vectors(ids, x)
    vectors.save_word2vec_format(str(folder / "words.bin"), binary=True)
    vectors.save_word2vec_format(str(folder / "words.vec"), binary=False)
    glove = (folder / "words.vec").read_bytes().partition(b"\n")[2]
    (folder / "words.txt").write_bytes(glove)
    (folder / "words.txt.gz").write_bytes(gzip.compress(glove))
    (folder / "words.txt.zst").write_bytes(zstandard.compress(glove))
    np.savetxt(folder / "table.txt", x)
    frame = pd.DataFrame(x.astype(float), columns=[f"dim_{number}" for number in range(x.shape[1])])
    frame.insert(0, "id", ids)
    frame.to_csv(folder / "words.tsv", sep="\t", index=False)
    frame.to_csv(folder / "blanks.txt", sep=" ", index=False)
    (folder / "rows.json").write_text(json.dumps(x.astype(float).tolist()))
    packed = [{"index": place, "embedding": base64.b64encode(row.tobytes()).decode()} for place, row in enumerate(x)]
    plain = [{"index": place, "embedding": row.astype(float).tolist()} for place, row in enumerate(x)]
    (folder / "base64.json").write_text(json.dumps({"object": "list", "data": packed}))
    (folder / "float.json").write_text(json.dumps({"object": "list", "data": plain}, indent=1))
    lines = (
        {"custom_id": word, "response": {"status_code": 200, "body": {"data": [{**each, "index": 0}]}}, "error": None}
        for word, each in zip(ids, plain, strict=True)
    )
    (folder / "batch.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    frame[sorted(frame.columns)].astype(dict.fromkeys(frame.columns[1:], "float32")).to_parquet(folder / "wide.parquet")
    with h5py.File(folder / "words.h5", "w") as file:
        file["model/embedding"], file["id"] = x, ids
    table = pq.read_table(ROOT / "sample_data" / "words.parquet")
    lance.write_dataset(table, str(folder / "words.lance"))
    datasets.disable_progress_bars()
    datasets.Dataset(table).save_to_disk(folder / "dataset")
    inner = pa.StructArray.from_arrays([table["embedding"].combine_chunks()], ["embedding"])
    pq.write_table(pa.table({"id": ids, "doc": inner}), folder / "struct.parquet")
    return folder


WITH_IDS = ["words.pt::model.embedding", "words.bin", "words.vec", "words.txt", "words.txt.gz", "words.txt.zst"]
WITH_IDS += ["words.tsv", "blanks.txt", "batch.jsonl"]
WITH_IDS += ["wide.parquet", "words.h5", "words.lance", "dataset", "struct.parquet::doc.embedding"]
WITHOUT_IDS = ["words.safetensors", "words.fbin", "words.fvecs", "table.txt", "rows.json", "base64.json", "float.json"]


@pytest.mark.parametrize("name", [*WITH_IDS, *WITHOUT_IDS])
def test_one_top_5_in_every_format(run, files, name):
    ids = () if name in WITH_IDS else ("--ids-a", files / "ids.txt")
    expected = run("pairwise", "sample_data/words.parquet", *TOP_5)
    found = run("pairwise", files / name, *ids, *TOP_5)
    assert found.code == 0, found.err
    assert found.out == expected.out


@pytest.mark.parametrize("name", ["words.fbin", "words.fvecs", "words.txt"])
def test_a_format_is_named_for_a_pipe(run, files, name):
    kind = {"words.txt": "glove"}.get(name, name.partition(".")[2])
    ids = () if name in WITH_IDS else ("--ids-a", files / "ids.txt")
    content = (files / name).read_bytes()
    found = run("pairwise", "-", "--input-format", kind, *ids, *TOP_5, stdin=content)
    assert found.code == 0, found.err
    assert found.out == run("pairwise", "sample_data/words.parquet", *TOP_5).out
    if name != "words.txt":
        refused = run("pairwise", "-", *TOP_5, stdin=content)
        assert refused.code == 2
        assert "binary data of an unknown format" in refused.err
        assert "--input-format names one" in refused.err


def test_an_unknown_format_is_named_with_the_closest(run):
    refused = run("pairwise", "-", "--input-format", "glov")
    assert refused.code == 2
    assert "no format is called 'glov'" in refused.err
    assert "did you mean glove?" in refused.err


@pytest.mark.parametrize("suffix", ["safetensors", "fbin", "fvecs", "npy"])
def test_a_matrix_in_the_formats_of_others(run, work, words, suffix):
    done = run("pairwise", "sample_data/words.parquet", "-o", f"scores.{suffix}")
    assert done.code == 0, done.err
    assert done.err == f"wrote scores.{suffix} (437 × 437, float32)\n"
    found = open_vectors(str(work / f"scores.{suffix}")).read(0, 437)
    assert run("pairwise", "sample_data/words.parquet", "-o", "plain.npy").code == 0
    np.testing.assert_array_equal(found, np.load(work / "plain.npy"))
    if suffix == "safetensors":
        assert (safetensors.numpy.load_file(work / "scores.safetensors")["array"] == found).all()
    assert run("pairwise", "sample_data/words.parquet", "-o", f"scores.{suffix}").code == 2


@pytest.mark.parametrize("suffix", ["safetensors", "fbin", "fvecs"])
def test_one_score_per_row_in_the_formats_of_others(run, work, suffix):
    typed = ("similarity", "sample_data/wordsim_a.npy", "sample_data/wordsim_b.npy", "-o")
    assert run(*typed, f"s.{suffix}").code == run(*typed, "s.npy").code == 0
    expected = np.load(work / "s.npy")
    vectors = open_vectors(str(work / f"s.{suffix}"))
    assert vectors.shape == ((353,) if suffix == "safetensors" else (353, 1))
    np.testing.assert_array_equal(vectors.read(0, 353).ravel(), expected.astype(vectors.dtype))
    refused = run("pairwise", "sample_data/words.parquet", "-k", "2", "-o", f"t.{suffix}")
    assert refused.code == 2
    assert f"{suffix} holds one array, and this result is a table" in refused.err


def test_arrow_is_a_stream_through_a_pipe_and_a_file_on_disk(run, work, shell):
    through = run("pairwise", "sample_data/words.parquet", *TOP_5[:2], "--format", "arrow")
    table = pa.ipc.open_stream(through.out).read_all()
    for name, opener in (("t.arrow", pa.ipc.open_file), ("t.arrows", pa.ipc.open_stream)):
        assert run("pairwise", "sample_data/words.parquet", *TOP_5[:2], "-o", name).code == 0
        with open(work / name, "rb") as file:
            assert opener(file.read()).read_all().equals(table)
    piped: subprocess.CompletedProcess[str] = shell(
        "simtool pairwise sample_data/words.parquet -k 2 --format arrow | simtool inspect - --format csv"
    )
    assert piped.returncode == 0, piped.stderr
    assert "score" in piped.stdout
