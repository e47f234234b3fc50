"""`simtool fit` and `simtool apply` as a user runs them: on real data, on wrong data, and killed."""

import random
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from simtool.fitting.checkpoint import read_head

DIGITS = "sample_data/digits.parquet"


@pytest.mark.parametrize(("kind", "metric"), [("sup-con", "cosine"), ("contrastive", "euclidean")])
def test_digits_are_told_apart_better_and_evaluate_gives_what_fit_promised(run, kind, metric):
    found = run("fit", DIGITS, "--kind", kind, "--epochs", 5, "-o", "head.safetensors", "--format", "json")
    promised = found.document["summary"]
    assert promised["verdict"] == "gained"
    assert promised["roc_auc.after.low"] > promised["roc_auc.before.high"] + 0.03  # intervals apart
    assert "note: gained: held-out roc_auc goes from" in found.err
    assert run("apply", "head.safetensors", DIGITS, "--held-out", "-o", "held.parquet").code == 0
    kept = run("evaluate", "held.parquet", "--metric", metric, "--format", "json").document["summary"]
    for name in ("roc_auc", "eer", "best_accuracy"):
        assert kept[name] == pytest.approx(promised[f"{name}.after"], abs=1e-12)
    assert kept["rows"] == promised["held_out"] == 359


@pytest.mark.parametrize(("seed", "batch"), [(0, 64), (3, 100)])
def test_the_loop_that_everybody_writes_in_torch_has_the_same_losses(run, work, seed, batch):
    a, b = np.random.default_rng(seed).standard_normal((2, 64, 512)).astype(np.float32)
    labels = np.arange(64) % 2
    for name, array in {"a": a, "b": b, "labels": labels}.items():
        np.save(work / f"{name}.npy", array)
    x, y, signs = torch.from_numpy(a), torch.from_numpy(b), torch.from_numpy(labels * 2 - 1)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layer = torch.nn.Linear(512, 512)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
    criterion = torch.nn.CosineEmbeddingLoss(margin=0.5)
    losses = []
    for _ in range(100):
        optimizer.zero_grad()
        loss = criterion(layer(x), layer(y), signs)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    loop = "--init random --bias --optimizer sgd --lr 0.01 --epochs 100 --held-out 0 --kind cosine --margin 0.5"
    given = ["a.npy", "b.npy", "--labels", "labels.npy", "--seed", seed, "--batch-size", batch]
    document = run("fit", *given, *loop.split(), "-o", "h.safetensors", "--format", "json").document
    assert losses[0] - losses[-1] > 0.01  # something was learnt
    assert [epoch["epoch"] for epoch in document["history"]] == list(range(1, 101))
    assert [epoch["loss"] for epoch in document["history"]] == pytest.approx(losses, abs=1e-5)
    assert document["summary"]["train_loss"] == document["history"][-1]["loss"]
    head = read_head(str(work / "h.safetensors")).head
    np.testing.assert_allclose(head.weight, layer.weight.detach(), atol=1e-5)
    np.testing.assert_allclose(head.bias, layer.bias.detach(), atol=1e-5)


def test_the_textbook_loop(run, work):
    done = run("fit", "sample_data/wordsim353.parquet", "--kind", "cosine", *["--lr", "0.01", "--optimizer", "sgd"])
    assert done.code == 0
    lines = [line for line in done.err.splitlines() if line.startswith("epoch ")]
    assert [line.split()[1] for line in lines] == [str(epoch) for epoch in range(10, 101, 10)]
    assert all(line.split()[2:4] == ["of", "100"] and float(line.split()[5]) > 0 for line in lines)
    assert "note: nothing was gained: held-out roc_auc goes from" in done.err
    assert "the head was not kept" in done.err
    for word in ("loss", "roc_auc", "eer", "best_accuracy", "before", "after", "difference", "threshold"):
        assert word in done.text
    assert [each for each in work.iterdir() if each.name != "sample_data"] == []


def test_labels_that_mean_nothing_gain_nothing(run, work):
    labels = np.random.default_rng(0).permutation(np.arange(1797) % 10)
    np.save(work / "shuffled.npy", labels)
    done = run("fit", DIGITS, "--labels", "shuffled.npy", "--kind", "sup-con", "--epochs", 5, "--format", "json")
    assert done.document["summary"]["verdict"] == "nothing gained"
    assert "note: nothing was gained" in done.err


def test_gates_and_held_out_rows(run, work):
    common = ["fit", DIGITS, "--head", "whiten", "--rank", 8, "--held-out-ids", "held.csv", "-q"]
    done = run(*common, "--assert", "roc_auc.difference.low > 0.5")
    assert done.code == 1
    lines = (work / "held.csv").read_text().splitlines()
    assert lines[0] == "row,id"
    assert lines[1].split(",")[1] == f"digit-{lines[1].split(',')[0]}"
    assert len(lines) == 360


def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(simtool_script, environment, tmp_path):
    generator = np.random.default_rng(1)
    classes = np.arange(400) % 5
    np.save(tmp_path / "x.npy", generator.standard_normal((400, 12)) + 0.5 * np.eye(5, 12)[classes])
    np.save(tmp_path / "y.npy", classes)
    chance = random.Random(0)

    def command(output: str) -> list[str]:
        learn = [*["--kind", "sup-con", "--epochs", "60", "--held-out", "0.1"]]
        return [simtool_script, "fit", "x.npy", "--labels", "y.npy", *learn, "-o", output, "--resume", "-q"]

    subprocess.run(command("whole.safetensors"), cwd=tmp_path, env=environment, capture_output=True, check=True)
    output, stopped = tmp_path / "parts.safetensors", 0
    for _ in range(2):
        process = subprocess.Popen(command("parts.safetensors"), cwd=tmp_path, env=environment)
        before = output.stat().st_mtime_ns if output.exists() else 0
        _wait(process, output, before)
        time.sleep(chance.uniform(0.0, 1.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        stopped += process.returncode == -signal.SIGKILL
        saved = read_head(str(output))  # whole, whenever it was killed
        assert saved.about["epoch"] == len(saved.about["history"])
    assert stopped >= 1
    done = subprocess.run(command("parts.safetensors"), cwd=tmp_path, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert output.read_bytes() == (tmp_path / "whole.safetensors").read_bytes()


def _wait(process: "subprocess.Popen[bytes]", output: Path, before: int) -> None:
    """Wait until the process has written the output once more, or has ended."""
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if output.exists() and output.stat().st_mtime_ns > before:
            return
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("arguments", "what", "hint"),
    [
        ("--kind info-nce", "error: expected a table of pairs", "name both sides"),
        ("--kind sup-conn", "error: unknown loss 'sup-conn'", "did you mean sup-con?"),
        ("--kind sup-con --head low-rank", "error: a low-rank head needs the number of dims", "--rank R, from 1 to 64"),
        ("--kind sup-con --param seed=1", "error: the loss sup-con has no seed", "it has temperature"),
        ("--kind sup-con -o head.npy", "error: a head is kept as safetensors", ".safetensors"),
        ("--kind sup-con --resume", "error: there is no head to go on from", "-o head.safetensors"),
        ("--kind cosent", "error: the loss cosent takes scores of pairs", "contrastive, cosine, bce"),
        ("", "error: a linear head is trained with a loss", "as in --kind sup-con"),
    ],
)
def test_errors_say_what_where_and_what_next(run, work, arguments, what, hint):
    done = run("fit", DIGITS, *arguments.split())
    assert (done.code, done.out) == (2, b"")
    lines = done.err.splitlines()
    assert lines[0].startswith(what)
    assert any(line.startswith("  try: ") and hint in line for line in lines)
    assert len(lines) <= 3
    assert [each.name for each in work.iterdir()] == ["sample_data"]


def test_a_head_of_another_width(run, work):
    run("fit", DIGITS, "--head", "whiten", "--held-out", 0, "-o", "head.safetensors", "-q")
    done = run("apply", "head.safetensors", "sample_data/words.parquet", "-o", "words.parquet")
    assert done.code == 2
    assert "error: the head takes vectors of 64 dims, and these have 384" in done.err
    assert not (work / "words.parquet").exists()
