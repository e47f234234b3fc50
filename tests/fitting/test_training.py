"""The loop against the loop of every textbook, written out with torch's own modules."""

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

import simtool
from simtool.errors import OutputError, ParameterError
from simtool.fitting import run
from simtool.fitting.batches import balanced, shuffled
from simtool.fitting.checkpoint import read_head

N, D = 60, 5
A, B, C = np.random.default_rng(11).standard_normal((3, N, D))
UNIT_A, UNIT_B, UNIT_C = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (A, B, C))
LABELS = np.arange(N) % 2
CLASSES = np.arange(N) % 4


def textbook(loss, sides, *, optimizer, epochs, batch, seed=0, out=D):
    """Learn a torch.nn.Linear from all rows in batches in the order of `shuffled`."""
    layer = torch.nn.Linear(D, out, bias=False, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(out, D))
    steps = optimizer(layer.parameters())
    tensors = [torch.from_numpy(side.copy()) for side in sides]
    losses = []
    for epoch in range(1, epochs + 1):
        parts = []
        order = np.random.default_rng([seed, epoch]).permutation(N)
        for start in range(0, N, batch):
            rows = torch.from_numpy(order[start : start + batch])
            steps.zero_grad()
            value = loss(*(layer(side[rows]) for side in tensors), rows)
            value.backward()
            steps.step()
            parts.append(value.item())
        losses.append(float(np.mean(parts)))
    return layer.weight.detach().numpy(), losses


def test_a_random_start_leaves_the_numbers_of_others_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    simtool.fit(A, B, kind="cosine", labels=LABELS, init="random", head_bias=True, held_out=0, epochs=1)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("head", ["linear", "low-rank", "orthogonal", "diagonal"])
def test_a_bias_is_learnt_kept_and_applied(tmp_path, head):
    path, rows, out = (str(tmp_path / name) for name in ("h.safetensors", "a.npy", "out.npy"))
    np.save(rows, A)
    rank = {"low-rank": 3, "orthogonal": 3}.get(head)
    options = {"kind": "cosine", "labels": LABELS, "head": head, "rank": rank, "head_bias": True, "held_out": 0.0}
    simtool.fit(A, B, epochs=3, output=path, **options)
    saved = read_head(path).head
    assert saved.bias.shape == (saved.rank,)
    assert np.abs(saved.bias).min() > 1e-4
    simtool.apply(path, rows, output=out)
    turned = A * saved.weight if head == "diagonal" else A @ saved.weight.T
    np.testing.assert_allclose(np.load(out), turned + saved.bias, atol=1e-12)
    whole = str(tmp_path / "whole.safetensors")
    simtool.fit(A, B, epochs=5, output=whole, **options)
    simtool.fit(A, B, epochs=5, output=path, resume=True, **options)
    assert read_head(path).head.bias.tolist() == read_head(whole).head.bias.tolist()
    with pytest.raises(ParameterError, match="head bias True, not False"):
        simtool.fit(A, B, epochs=6, output=path, resume=True, **options | {"head_bias": False})


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"head": "diagonal", "init": "random"}, "a diagonal head cannot turn the space"),
        ({"head": "whiten", "kind": None, "head_bias": True}, "it learns no bias"),
        ({"init": "random", "seed": 2**64}, "expected less than 2\\^64"),
    ],
)
def test_starts_that_mean_nothing_are_refused(options, what):
    with pytest.raises(ParameterError, match=what):
        simtool.fit(A, B, **{"kind": "cosine", "labels": LABELS, **options})


def cosine_loss(x, y, rows):
    return torch.nn.functional.cosine_embedding_loss(x, y, torch.from_numpy(LABELS)[rows] * 2 - 1, margin=0.5)


def triplet_loss(x, y, z, rows):
    return torch.nn.TripletMarginLoss(margin=1.0)(x, y, z)


@pytest.mark.parametrize("batch", [16, 60])
@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_weights_are_those_of_the_textbook_loop(name, decay, batch):
    made = {
        "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1, weight_decay=decay),
        "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.1, weight_decay=decay),
    }[name]
    weight, losses = textbook(cosine_loss, (A, B), optimizer=made, epochs=5, batch=batch)
    seen = []
    found = simtool.fit(
        A,
        B,
        kind="cosine",
        labels=LABELS,
        optimizer=name,
        lr=0.1,
        weight_decay=decay,
        epochs=5,
        batch_size=batch,
        held_out=0.0,
        on_epoch=lambda epoch, epochs, loss, score: seen.append(loss),
    )
    assert np.allclose(found.array, weight, atol=1e-7)  # torch adds its epsilon inside the root
    assert np.allclose(seen, losses, atol=1e-7)
    assert found.summary["train_loss"] == seen[-1]
    assert not np.allclose(weight, np.eye(D), atol=0.01)


def test_triplets_are_learnt_as_in_the_textbook():
    weight, _ = textbook(
        triplet_loss,
        (UNIT_A, UNIT_B, UNIT_C),
        optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.1),
        epochs=4,
        batch=20,
    )
    found = simtool.fit(
        UNIT_A, UNIT_B, UNIT_C, kind="triplet", optimizer="sgd", lr=0.1, epochs=4, batch_size=20, held_out=0.0
    )
    assert np.allclose(found.array, weight, atol=1e-5)  # torch adds 1e-6 to every difference


def test_pairs_of_a_batch_with_classes_are_all_its_pairs():
    def loss(x, rows):
        codes = torch.from_numpy(CLASSES)[rows]
        first, second = torch.triu_indices(len(rows), len(rows), 1)
        similar = (codes[first] == codes[second]).double()
        gaps = (x[first] - x[second]).norm(dim=1)
        return (similar * gaps**2 + (1 - similar) * (1 - gaps).clamp(min=0) ** 2).mean()

    weight, _ = textbook(
        loss, (UNIT_A,), optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.1), epochs=3, batch=20
    )
    found = simtool.fit(
        UNIT_A,
        kind="contrastive",
        labels=CLASSES,
        optimizer="sgd",
        lr=0.1,
        epochs=3,
        batch_size=20,
        per_class=0,
        held_out=0.0,
    )
    assert np.allclose(found.array, weight, atol=1e-9)


def test_the_classifier_of_a_loss_is_learnt_beside_the_head(tmp_path):
    def arcface(x, w, labels):
        cosines = torch.nn.functional.normalize(x) @ torch.nn.functional.normalize(w).T
        angle = torch.arccos(cosines[torch.arange(len(labels)), labels])
        own = torch.where(angle + 0.5 < np.pi, torch.cos(angle + 0.5), torch.cos(angle) - 0.5 * np.sin(0.5))
        rows = torch.arange(len(labels))
        logits = cosines.index_put((rows, labels), own)
        return torch.nn.functional.cross_entropy(64 * logits, labels)

    labels, x = torch.from_numpy(CLASSES), torch.from_numpy(A)
    layer = torch.nn.Linear(D, D, bias=False, dtype=torch.float64)
    means = np.stack([UNIT_A[code == CLASSES].mean(axis=0) for code in range(4)])
    weights = torch.nn.Parameter(torch.from_numpy(means))
    with torch.no_grad():
        layer.weight.copy_(torch.eye(D))
    optimizer = torch.optim.Adam([layer.weight, weights], lr=0.05)
    for _ in range(6):
        optimizer.zero_grad()
        arcface(layer(x), weights, labels).backward()
        optimizer.step()
    path = str(tmp_path / "head.safetensors")
    options = {"kind": "arcface", "labels": CLASSES, "lr": 0.05, "per_class": 0, "held_out": 0.0, "output": path}
    simtool.fit(A, epochs=2, **options)
    found = simtool.fit(A, epochs=6, resume=True, **options)
    assert np.allclose(found.array, layer.weight.detach(), atol=1e-9)
    assert np.allclose(read_head(path).state["classifier"], weights.detach(), atol=1e-9)


def test_a_miner_takes_the_pairs_that_are_out_of_order():
    def loss(x, rows):
        codes = torch.from_numpy(CLASSES)[rows]
        first, second = torch.triu_indices(len(rows), len(rows), 1)
        same = codes[first] == codes[second]
        scores = torch.nn.functional.cosine_similarity(x[first], x[second])
        near, far = scores[same], scores[~same]
        near, far = near[near < far.max()], far[far > near.min()]
        return torch.cat([1 - near, (far - 0.5).clamp(min=0)]).mean()

    weight, _ = textbook(
        loss, (A,), optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.5), epochs=3, batch=12
    )
    options = {"kind": "cosine", "labels": CLASSES, "optimizer": "sgd", "lr": 0.5, "epochs": 3, "held_out": 0.0}
    found = simtool.fit(A, batch_size=12, per_class=0, miner="hard", **options)
    assert np.allclose(found.array, weight, atol=1e-7)
    every = simtool.fit(A, batch_size=12, per_class=0, **options)
    assert not np.allclose(every.array, weight, atol=1e-3)


def test_a_miner_leaves_multi_similarity_the_pairs_of_its_paper():
    def loss(x, rows):
        codes = torch.from_numpy(CLASSES)[rows]
        unit = torch.nn.functional.normalize(x)
        scores, parts = unit @ unit.T, []
        for i in range(len(rows)):
            same = (codes == codes[i]) & (torch.arange(len(rows)) != i)
            other = codes != codes[i]
            near = scores[i][same & (scores[i] - 0.1 < scores[i][other].max())]
            far = scores[i][other & (scores[i] + 0.1 > scores[i][same].min())]
            parts.append(
                torch.log(1 + torch.exp(-2 * (near - 0.5)).sum()) / 2
                + torch.log(1 + torch.exp(50 * (far - 0.5)).sum()) / 50
            )
        return torch.stack(parts).mean()

    weight, _ = textbook(
        loss, (A,), optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.5), epochs=2, batch=60
    )
    options = {"kind": "multi-similarity", "labels": CLASSES, "optimizer": "sgd", "lr": 0.5, "epochs": 2}
    found = simtool.fit(A, batch_size=60, per_class=0, miner="hard", held_out=0.0, **options)
    assert np.allclose(found.array, weight, atol=1e-9)


def test_rows_of_another_length_learn_the_same_where_the_loss_sees_lengths():
    options = {"kind": "contrastive", "labels": LABELS, "epochs": 3, "held_out": 0.0}
    found = simtool.fit(UNIT_A, UNIT_B, **options).array
    longer = simtool.fit(64 * UNIT_A, 64 * UNIT_B, **options).array
    assert np.array_equal(64 * longer, found)  # powers of two: no rounding


def test_lbfgs_reaches_a_minimum():
    found = simtool.fit(
        A, B, kind="cosine-similarity", labels=np.linspace(-1, 1, N), optimizer="lbfgs", epochs=40, held_out=0.0
    )
    x, y = (torch.from_numpy(side) for side in (A, B))
    weight = torch.from_numpy(found.array).requires_grad_()
    scores = torch.nn.functional.cosine_similarity(x @ weight.T, y @ weight.T)
    ((scores - torch.linspace(-1, 1, N, dtype=torch.float64)) ** 2).mean().backward()
    assert weight.grad.norm() < 1e-5


@pytest.mark.parametrize("head", ["orthogonal", "diagonal", "low-rank"])
def test_a_head_keeps_its_shape(head):
    rank = None if head == "diagonal" else 3
    found = simtool.fit(A, B, kind="cosine", labels=LABELS, head=head, rank=rank, lr=0.3, epochs=5).array
    assert found.shape == ((D,) if head == "diagonal" else (3, D))
    if head == "orthogonal":
        assert np.allclose(found @ found.T, np.eye(3))


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("patience", [None, 50])
def test_a_run_that_went_on_has_the_bytes_of_one_that_did_not_stop(tmp_path, optimizer, patience):
    def learn(path, epochs, *, resume=False):
        simtool.fit(
            A,
            kind="sup-con",
            labels=CLASSES,
            optimizer=optimizer,
            epochs=epochs,
            patience=patience,
            batch_size=256 if optimizer == "lbfgs" else 24,
            output=str(path),
            resume=resume,
        )

    whole, parts = tmp_path / "whole.safetensors", tmp_path / "parts.safetensors"
    learn(whole, 5)
    learn(parts, 1)
    learn(parts, 3, resume=True)
    assert read_head(str(parts)).about["epoch"] == 3
    learn(parts, 5, resume=True)
    assert parts.read_bytes() == whole.read_bytes()
    learn(parts, 5, resume=True)
    assert parts.read_bytes() == whole.read_bytes()


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(tmp_path):
    paths = []
    wide = np.random.default_rng(2).standard_normal((300, 96)).astype(np.float32)
    for seed, threads in ((0, 1), (0, 2), (1, 1)):
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        paths.append(tmp_path / f"{seed}-{threads}.safetensors")
        given = {"labels": np.arange(300) % 4, "epochs": 2, "seed": seed, "output": str(paths[-1])}
        with threadpool_limits(threads):
            simtool.fit(wide, kind="sup-con", head="low-rank", rank=40, **given)
        torch.set_num_threads(before)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].read_bytes() != paths[2].read_bytes()


def test_early_stopping_keeps_the_best_epoch(tmp_path):
    path = tmp_path / "head.safetensors"
    seen: list[float] = []
    rows = A + 2 * np.eye(4, D)[CLASSES]  # something to be found, in a few steps
    found = simtool.fit(
        rows,
        kind="sup-con",
        labels=CLASSES,
        lr=0.02,
        epochs=60,
        patience=4,
        output=str(path),
        on_epoch=lambda epoch, epochs, loss, score: seen.append(score),
    )
    best = int(np.argmax(seen)) + 1
    assert len(seen) == best + 4 < 60
    assert best > 2
    assert (found.summary["epochs"], found.summary["best_epoch"]) == (len(seen), best)
    assert f"stopped early after epoch {len(seen)}: the score was best after {best}" in found.notes
    other = str(tmp_path / "other.safetensors")
    simtool.fit(rows, kind="sup-con", labels=CLASSES, lr=0.02, epochs=best, patience=60, output=other)
    assert np.array_equal(read_head(other).state["parameter"], found.array)  # where that epoch ended
    assert np.array_equal(read_head(str(path)).head.weight, found.array)


def test_every_row_comes_once_in_an_epoch():
    batches = list(shuffled(50, 8, seed=2, epoch=3))
    assert [len(batch) for batch in batches] == [8] * 6 + [2]
    assert sorted(np.concatenate(batches).tolist()) == list(range(50))
    assert not np.array_equal(np.concatenate(list(shuffled(50, 50, 2, 4))), np.concatenate(batches))


def test_balanced_batches_have_as_many_rows_of_each_class():
    codes = np.repeat([0, 1, 2, 3], [100, 3, 20, 1])
    batches = list(balanced(codes, 10, 4, seed=0, epoch=1))
    assert len(batches) == 16  # of 2 classes with 4 rows: 124 rows in all
    for batch in batches:
        counts = np.bincount(codes[batch], minlength=4)
        assert sorted(counts.tolist()) == [0, 0, 4, 4]
        assert counts[3] == 0  # a row alone has no positive
    seen = np.bincount(codes[np.concatenate(batches)], minlength=4)
    assert seen[1] > 0.15 * seen.sum()  # as often as the class that is 30 times as large


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
    assert "learning went on after epoch 3" in notes
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
