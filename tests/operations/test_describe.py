"""`describe`: the catalogue as a table, or one row in full."""

import simtool
from simtool.catalogue import AGGREGATES, LOSSES, METRICS, names

ROWS = [*METRICS, *AGGREGATES, *LOSSES]


def test_describe_lists_and_details():
    everything = simtool.describe()
    assert everything.summary["entries"] == len(ROWS) == len(everything.rows)
    assert everything.rows.columns["name"].tolist() == [entry.name for entry in ROWS]
    assert simtool.describe("metric").rows.columns["name"].tolist() == list(names("metric"))
    closer = dict(zip(*(everything.rows.columns[name].tolist() for name in ("name", "closer")), strict=True))
    assert (closer["dot"], closer["euclidean"], closer["contrastive"]) == ("larger", "smaller", "")
    facts = simtool.describe("bertscore").rows.columns
    found = dict(zip(facts["property"].tolist(), facts["value"].tolist(), strict=True))
    assert (found["name"], found["aliases"]) == ("argmax", "greedy, bertscore")
