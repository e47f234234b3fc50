"""What the table of `evaluate` leaves out."""

import numpy as np
import pytest

from simtool.cli.output.table import on_stdout
from simtool.cli.session import Session
from simtool.operations.evaluate import evaluate


@pytest.fixture
def shown(monkeypatch):
    """The numbers of the summary that stand below the table of a result, and the summary that is rendered."""

    def shown(result, *gates):
        rendered = []
        monkeypatch.setattr("simtool.cli.session.render", lambda found, *_, **__: rendered.append(found))
        session = Session.open(None, None, [f"{key} > -9" for key in gates], force=False, quiet=True, inputs=[])
        session.deliver(result)
        lines = on_stdout(rendered[0], limit=1000, listing="").decode().splitlines()
        return {line.split()[0] for line in lines if line and line[0] not in "│"} & {*result.summary}, rendered[
            0
        ].summary

    return shown


def test_a_table_says_nothing_twice(shown):
    rng = np.random.default_rng(0)
    labels = rng.random(40) < 0.5
    result = evaluate(scores=rng.normal(size=40), labels=labels, bootstrap=5)
    assert shown(result) == ({"pairs", "positives", "negatives"}, result.summary)
    assert shown(result, "roc_auc.low")[0] == {"pairs", "positives", "negatives", "roc_auc.low"}
    grouped = evaluate(scores=rng.normal(size=40), labels=labels, by=np.arange(40) % 2)
    assert shown(grouped)[0] == {"positives", "negatives"}  # of the histogram


def test_a_sweep_has_a_picture_and_a_part_of_the_page(typed, inputs):
    pytest.importorskip("matplotlib")
    np.save(inputs / "rows.npy", np.random.default_rng(0).normal(size=(30, 16)).astype("f4"))
    np.save(inputs / "classes.npy", np.arange(30) % 3)
    asked = (
        "evaluate rows.npy --labels classes.npy --no-retrieval --sweep truncate=8,16 --sweep quantize=float32,binary"
    )
    assert typed(f"{asked} --plot sweep.svg --report page.html -q")[0] == 0
    drawn, page = (inputs / "sweep.svg").read_text("utf-8"), (inputs / "page.html").read_text("utf-8")
    assert all(text in drawn for text in ("bytes of a vector", "full vectors", "roc_auc", "binary"))
    assert "<figcaption>roc_auc, binary</figcaption>" in page
    code, _, err = typed(f"{asked} --plot other.svg --plot-kind det")
    assert (code, "--plot-kind" in err) == (2, True)
