"""`simtool report`: runs beside each other, from files that runs have left."""

import json
from pathlib import Path

from read_html import Page


def test_runs_of_every_kind_of_file_stand_beside_each_other(typed):
    for name, metric in (("one.json", "cosine"), ("two.html", "dot"), ("three.parquet", "angular")):
        assert typed(f"similarity x.npy y.npy --metric {metric} -o {name} --quiet")[0] == 0
    code, out, err = typed("report one.json two.html three.parquet --format json --assert runs==3")
    means = next(row for row in json.loads(out)["rows"] if row["number"] == "mean")
    for name, metric in (("one", "cosine"), ("two", "dot"), ("three", "angular")):
        alone = json.loads(typed(f"similarity x.npy y.npy --metric {metric} --format json")[1])
        assert means[name] == alone["summary"]["mean"]
    assert code == 0
    assert "note: metric is cosine in one, dot in two, angular in three" in err
    assert typed("report one.json two.html -o both.html --quiet")[:2] == (0, "")
    assert Page(Path("both.html").read_text()).inside("h1") == ["simtool report"]


def test_runs_of_two_commands_are_refused(typed):
    typed("similarity x.npy y.npy -o one.json --quiet")
    typed("pairwise x.npy y.npy --report two.json --quiet")
    code, out, err = typed("report one.json two.json -o both.html")
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == "error: one is a run of similarity, and two of pairwise"
    assert not Path("both.html").exists()
