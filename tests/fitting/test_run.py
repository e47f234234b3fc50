"""A run of `fit`: its head on the disk, and going on from there."""

import numpy as np
import pytest

import simtool
from simtool.errors import OutputError, ParameterError
from simtool.fitting import run
from simtool.fitting.checkpoint import read_head

N, D = 60, 5
A, B, C = np.random.default_rng(11).standard_normal((3, N, D))
CLASSES = np.arange(N) % 4


def test_a_finished_head_stays_until_the_new_one_is_finished(tmp_path, monkeypatch):
    head, beside, whole = (tmp_path / f"{name}.safetensors" for name in ("head", "head.unfinished", "whole"))
    monkeypatch.setattr(run, "SAVE_SECONDS", 0.0)
    options = {"kind": "sup-con", "labels": CLASSES, "batch_size": 24}

    def stop(epoch, *_):
        if epoch == 3:
            raise KeyboardInterrupt

    simtool.fit(A, epochs=2, output=str(head), **options)
    old = head.read_bytes()
    new = options | {"epochs": 5, "seed": 9}
    with pytest.raises(KeyboardInterrupt):
        simtool.fit(A, output=str(head), force=True, on_epoch=stop, **new)
    assert head.read_bytes() == old
    assert read_head(str(beside)).about["epoch"] == 3
    with pytest.raises(OutputError, match="exists already"):
        simtool.fit(A, output=str(head), **new)
    head.unlink()
    with pytest.raises(OutputError, match="an interrupted fit left its state"):
        simtool.fit(A, output=str(head), **new)
    head.write_bytes(old)
    notes = simtool.fit(A, output=str(head), resume=True, **new).notes
    assert "training went on after epoch 3" in notes
    assert not beside.exists()
    simtool.fit(A, output=str(whole), **new)
    assert head.read_bytes() == whole.read_bytes()


def test_a_finished_head_that_is_to_learn_on_stays_until_it_has(tmp_path, monkeypatch):
    head = tmp_path / "head.safetensors"
    monkeypatch.setattr(run, "SAVE_SECONDS", 0.0)
    options = {"kind": "sup-con", "labels": CLASSES, "batch_size": 24, "output": str(head)}
    simtool.fit(A, epochs=2, **options)
    old, seen = head.read_bytes(), []
    simtool.fit(A, epochs=4, resume=True, on_epoch=lambda *_: seen.append(head.read_bytes()), **options)
    assert seen == [old, old]
    assert head.read_bytes() != old
    assert sorted(path.name for path in tmp_path.iterdir()) == ["head.safetensors"]


def test_a_loss_that_runs_away_leaves_the_last_good_head(tmp_path):
    path = str(tmp_path / "head.safetensors")
    with pytest.raises(ParameterError, match=r"the loss is not finite in epoch \d+") as caught:
        simtool.fit(A, B, kind="contrastive", labels=CLASSES % 2, optimizer="sgd", lr=1e9, epochs=500, output=path)
    assert "a smaller one than 1e+09" in caught.value.hint
    saved = read_head(path)
    assert f"holds epoch {saved.about['epoch']}" in caught.value.hint
    assert saved.about["epoch"] >= 1
    assert not saved.about["complete"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0.5}, "trained with lr 0.01, not 0.5"),
        ({"labels": CLASSES[::-1]}, "trained on other data"),
        ({"epochs": 1}, "has been trained for 2 epochs already"),
    ],
)
def test_going_on_in_another_way_is_refused(tmp_path, options, message):
    path = str(tmp_path / "head.safetensors")
    given = {"kind": "sup-con", "labels": CLASSES, "epochs": 2, "output": path}
    simtool.fit(A, **given)
    before = read_head(path).head.weight
    with pytest.raises(ParameterError, match=message):
        simtool.fit(A, **(given | options), resume=True)
    assert np.array_equal(read_head(path).head.weight, before)
    with pytest.raises(OSError, match="exists already"):
        simtool.fit(A, **given)
