"""A signed address in every input of every command: no secret on stdout, on stderr, in a report or a written file."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from far_servers import Web, serving

from simtool.io import retries

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ("hunter2", "SIGNATURE")


def saved(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


FILES = {f"/{path.name}": path.read_bytes() for path in (ROOT / "sample_data").iterdir() if path.suffix != ".md"}
FILES |= {
    "/ones.npy": saved(np.ones(353)),
    "/numbers.npy": saved(np.arange(353)),
    "/weights.npy": saved(np.random.default_rng(0).standard_normal((10, 64))),
    "/items.npy": saved(np.ones((6, 5, 3))),
    "/lengths.npy": saved(np.full(6, 4)),
    "/pairs.csv": b"a,b,label\ncar,automobile,1\ncar,noon,0\nmidday,noon,1\n",
    "/qrels.txt": b"car 0 automobile 1\nnoon 0 midday 1\n",
    "/run.txt": b"car Q0 automobile 1 0.9 x\nnoon Q0 midday 1 0.8 x\n",
    "/positives.csv": b"query,positive\ncar,automobile\nnoon,midday\n",
}
A, B, LABELS = "{wordsim_a.npy}", "{wordsim_b.npy}", "{wordsim_labels.npy}"
WORDS, DIGITS = "{words.parquet}", "{digits.parquet}"
COMMANDS = [
    f"similarity {A} {B} --ids-a {{numbers.npy}}",
    f"pairwise {A} {B} -k 1 --ids-a {{numbers.npy}} --ids-b {{numbers.npy}} -o out.parquet",
    f"pairwise {WORDS} -k 1 --rows 0:9 --keep-columns id",
    f"pairwise {A} {B} -k 1 --dry-run",
    f"compare {A} {B} --weights-a {{ones.npy}} --weights-b {{ones.npy}}",
    f"compare {A} {B} --per-id --ids-a {{numbers.npy}} --ids-b {{numbers.npy}}",
    "compare {items.npy} {items.npy} --lengths-a {lengths.npy} --lengths-b {lengths.npy}",
    "channels {maps_a.npy} {maps_b.npy} -o out.npy",
    f"loss {A} {B} --labels {LABELS} --ids {{numbers.npy}} --kind contrastive --grad g.npy",
    f"loss {DIGITS} --labels ::label --weights {{weights.npy}} --kind arcface",
    f"evaluate {A} {B} --labels {LABELS} --by {LABELS} --against {B} {A}",
    f"evaluate --scores {{ones.npy}} --labels {LABELS} --thresholds-out t.json",
    f"evaluate {A} {B} --targets {{ones.npy}}",
    f"evaluate {WORDS} --pairs {{pairs.csv}}",
    f"evaluate --queries {WORDS} --corpus {WORDS} --qrels {{qrels.txt}} --run-out run.txt",
    "evaluate --run {run.txt} --against-run {run.txt} --qrels {qrels.txt}",
    f"explain {A} {B} --row 0",
    f"inspect {WORDS}",
    f"dedup {WORDS} --threshold 0.8 -o kept.parquet --groups groups.csv --dropped dropped.jsonl",
    f"leak {A} {B} --threshold 0.5 --ids-train {{numbers.npy}} --ids-test {{numbers.npy}} -o clean.parquet",
    f"mine {WORDS} --positives {{positives.csv}} --corpus {WORDS} -o triplets.parquet",
    f"convert {WORDS} -o out.jsonl --split train=0.9,test=0.1",
    "fit {wordsim353.parquet} --kind contrastive --epochs 1 -o head.safetensors",
]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(retries, "PAUSES", [0.001] * 4)


def signed(web: Web, line: str) -> list[str]:
    """Return the words of a line with a signed address for each {FILE}."""
    address = f"{web.address.replace('://', '://me:hunter2@')}/\\1?X-Amz-Signature=SIGNATURE"
    return [re.sub(r"\{(.*?)\}", address, word) for word in line.split()]


@pytest.mark.parametrize("line", COMMANDS)
def test_no_command_says_a_secret(run, work, line):
    with serving(Web(dict(FILES))) as web:
        typed = signed(web, line)
        done = run(*typed, "--report", "r.html", "--report", "r.json", "--format", "json")
        assert done.code == 0, done.err
        written = [path for path in work.iterdir() if path.is_file()]
        said = [path.read_bytes().decode("latin-1") for path in written]
        for path in written:
            path.unlink()
        web.always = 403
        refused = run(*typed)
    assert "access is denied" in refused.err
    assert (work / "r.html") in written
    said += [done.text, done.err, refused.text, refused.err]
    assert not [text for text in said if any(secret in text for secret in SECRETS)]


def test_a_head_far_away_says_no_secret(run, work):
    run("fit", "sample_data/digits.parquet", "--head", "whiten", "-o", "head.safetensors")
    with serving(Web({"/head.safetensors": (work / "head.safetensors").read_bytes(), **FILES})) as web:
        done = run(*signed(web, f"apply {{head.safetensors}} {DIGITS} --ids ::label -o out.npy --format json"))
    assert not any(secret in done.text + done.err for secret in SECRETS)
    assert done.code == 0, done.err
