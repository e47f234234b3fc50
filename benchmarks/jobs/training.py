"""A training step: the loss of a batch of embeddings and its gradients, beside the libraries whose losses they are."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from harness import Report, present, require_close, timed

import simtool

DIMS = 384
REPEATS = 4096  # rows of all steps of one run, so that a run of small batches is long enough to be timed
GOAL = 1.1  # times the CPU seconds of the library


class Contest(NamedTuple):
    """A loss of a library and ours, on the same inputs.

    Args:
        library: what the table calls the peer.
        peer: its loss, called with all inputs.
        own: ours.
        inputs: (n, d) embeddings.
        labels: or None.
    """

    library: str
    peer: Callable[..., Any]
    own: Callable[..., Any]
    inputs: Sequence[torch.Tensor]
    labels: torch.Tensor | None = None


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Check that losses and gradients agree, and time both."""
    libraries = {"pytorch-metric-learning": "pytorch_metric_learning", "sentence-transformers": "sentence_transformers"}
    if not all(present(peer, module) for peer, module in libraries.items()):
        return
    for rows in (256,) if quick else (256, 1024, 4096):
        for job, contest in _contests(rows).items():
            _check(f"{job}, {rows} rows", contest)
            contenders = {
                contest.library: timed(lambda c=contest: _steps(c.peer, c)),
                "simtool": timed(lambda c=contest: _steps(c.own, c)),
            }
            report.contest(f"training step of {job}", contenders, shape=_shape(contest), goals={"simtool": GOAL})


def _contests(rows: int) -> dict[str, Contest]:
    """Return the losses that a batch of so many rows is timed with."""
    from pytorch_metric_learning import losses as pml

    own, pml_name, sbert_name = simtool.losses, "pytorch-metric-learning", "sentence-transformers"
    generator = torch.Generator().manual_seed(1)
    x, *noise = (torch.randn(rows, DIMS, generator=generator) for _ in range(3))
    y, z = x + 3 * noise[0], x + 3.03 * noise[1]
    classes, two, similar = torch.arange(rows) % (rows // 8), torch.arange(rows) % (rows // 2), torch.arange(rows) % 2
    found = {
        "sup-con": Contest(pml_name, pml.SupConLoss(), own.SupConLoss(), [x], classes),
        "multi-similarity": Contest(pml_name, pml.MultiSimilarityLoss(), own.MultiSimilarityLoss(), [x], classes),
        "multiple-negatives-ranking": Contest(
            sbert_name, _of_sbert("MultipleNegativesRankingLoss"), own.MultipleNegativesRankingLoss(), [x, y]
        ),
        "contrastive": Contest(sbert_name, _of_sbert("ContrastiveLoss"), own.sbert.ContrastiveLoss(), [x, y], similar),
        "triplet": Contest(sbert_name, _of_sbert("TripletLoss"), own.sbert.TripletLoss(), [x, y, z]),
        "cosine-embedding": Contest(
            "torch", torch.nn.CosineEmbeddingLoss(), own.CosineEmbeddingLoss(), [x, y], 2 * similar - 1
        ),
    }
    if rows == 256:  # of more rows both hold lists of all pairs or triplets that do not fit
        found["nt-xent"] = Contest(pml_name, pml.NTXentLoss(), own.NTXentLoss(), [x], two)
        found["triplet margin"] = Contest(pml_name, pml.TripletMarginLoss(), own.pml.TripletMarginLoss(), [x], classes)
    return found


def _of_sbert(name: str) -> Callable[..., Any]:
    """Return a loss of sentence-transformers as a function of embeddings and labels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import losses

    class Encoder(torch.nn.Module):
        def forward(self, features: dict[str, Any]) -> dict[str, Any]:
            return {"sentence_embedding": features["rows"]}

    peer = getattr(losses, name)(Encoder())
    takes = 2 if name != "TripletLoss" else 3
    return lambda *given: peer([{"rows": rows} for rows in given[:takes]], given[takes] if given[takes:] else None)


def _step(loss: Callable[..., Any], contest: Contest) -> tuple[float, list[torch.Tensor]]:
    """Return the loss of a batch and the gradients of its embeddings."""
    leaves = [rows.clone().requires_grad_() for rows in contest.inputs]
    value = loss(*leaves, *([] if contest.labels is None else [contest.labels]))
    value.backward()
    return value.item(), [leaf.grad for leaf in leaves]


def _steps(loss: Callable[..., Any], contest: Contest) -> None:
    for _ in range(max(1, REPEATS // len(contest.inputs[0]))):
        _step(loss, contest)


def _check(job: str, contest: Contest) -> None:
    """Refuse losses or gradients that differ by more than float32 explains."""
    (theirs, slopes), (ours, own) = _step(contest.peer, contest), _step(contest.own, contest)
    require_close(f"{job}: the loss", abs(theirs - ours) / abs(theirs), 1e-5)
    for one, other in zip(slopes, own, strict=True):
        require_close(f"{job}: a gradient", float((one - other).abs().max() / one.abs().max()), 1e-5)


def _shape(contest: Contest) -> str:
    rows, dims = contest.inputs[0].shape
    return f"{rows} × {dims}, float32{'' if len(contest.inputs) == 1 else f', {len(contest.inputs)} inputs'}"
