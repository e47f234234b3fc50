"""`simtool list`: the catalogue."""

import json

from simtool.catalogue import KINDS


def test_every_name_is_listed(typed):
    rows = json.loads(typed("list --format json")[1])["rows"]
    assert [(row["kind"], row["name"]) for row in rows] == [(kind, row.name) for kind in KINDS for row in KINDS[kind]]
    assert len(typed("list")[1].splitlines()) > len(rows)  # a table of them all


def test_one_name_and_one_that_there_is_none_of(typed):
    assert "arccos" in typed("list angular")[1]
    code, out, err = typed("list angulr")
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == "  try: did you mean angular?"
