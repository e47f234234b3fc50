"""What the table of `evaluate` leaves out."""

import numpy as np
import pytest

from simtool.cli.session import Session
from simtool.operations.evaluate import evaluate


@pytest.fixture
def shown(monkeypatch):
    """What a session renders of a result."""

    def shown(result, *gates, format=None):
        rendered = []
        monkeypatch.setattr("simtool.cli.session.render", lambda found, *_, **__: rendered.append(found))
        session = Session.open(None, format, [f"{key} > -9" for key in gates], force=False, quiet=True, inputs=[])
        session.deliver(result)
        return rendered[0].summary

    return shown


def test_a_table_says_nothing_twice(shown):
    rng = np.random.default_rng(0)
    labels = rng.random(40) < 0.5
    result = evaluate(scores=rng.normal(size=40), labels=labels, bootstrap=5)
    assert set(shown(result)) == {"pairs", "positives", "negatives"}
    assert shown(result, "roc_auc.low")["roc_auc.low"] == result.summary["roc_auc.low"]
    assert shown(result, format="json") == result.summary
    grouped = evaluate(scores=rng.normal(size=40), labels=labels, by=np.arange(40) % 2)
    assert shown(grouped) == {}
