"""`loss` on the command line: what is typed, what is refused, and that nothing is left behind by a refusal."""

import io
import json
import shutil
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer

import simtool
from simtool.catalogue import LOSSES
from simtool.cli import app as application
from simtool.cli import main as program

ROWS, DIMS = 12, 4
IDS = [f"r{row}" for row in range(ROWS)]
CLASSES = np.arange(ROWS) % 3
BINARY = np.arange(ROWS) % 2
SCORES = np.linspace(-1, 1, ROWS)
LABELS = {"binary": BINARY, "score": SCORES, "class": CLASSES}
FILES = {
    "pairs": ["x.npy", "y.npy"],
    "views": ["x.npy", "y.npy"],
    "teacher": ["x.npy", "y.npy"],
    "triplets": ["x.npy", "y.npy", "z.npy"],
    "classes": ["x.npy"],
    "classifier": ["x.npy"],
}


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Vectors, labels and tables of every family."""
    here = tmp_path_factory.mktemp("loss")
    x, y, z = np.random.default_rng(0).normal(size=(3, ROWS, DIMS)).astype(np.float32)
    nan = x.copy()
    nan[2, 1], nan[5] = np.nan, np.inf
    arrays = {"x": x, "y": y, "z": z, "nan": nan, "weights": z[:3], "one": x[:1], "norows": x[:0]}
    arrays["huge"] = x.astype(np.float64) * 1e200
    arrays |= {name: np.asarray(values) for name, values in LABELS.items()}
    arrays |= {"same": np.ones_like(x), "single": np.arange(ROWS), "alike": np.zeros(ROWS, int), "other": x[:3, :2]}
    for name, values in arrays.items():
        np.save(here / f"{name}.npy", values)
    table(here / "pairs", a=x, b=y, label=BINARY, score=SCORES)
    table(here / "triplets", anchor=x, positive=y, negative=z, label=BINARY, score=SCORES)
    table(here / "classes", v=x, label=CLASSES)
    table(here / "named", v=x, label=np.asarray(["ant", "bee", "cow"])[CLASSES])
    pq.write_table(pa.table({"id": ["cow", "ant", "bee"], "v": list(z[:3])}), here / "named_weights.parquet")
    pq.write_table(pa.table({"id": IDS[::-1], "v": list(y)}), here / "turned.parquet")
    return here


@pytest.fixture
def folder(original, tmp_path, monkeypatch):
    """A copy of them, to work in."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(original, tmp_path, dirs_exist_ok=True)
    return tmp_path


def table(name, **columns):
    """Write ids and columns."""
    pq.write_table(pa.table({"id": IDS, **{key: list(values) for key, values in columns.items()}}), f"{name}.parquet")


@pytest.fixture(scope="module")
def app():
    """The app, built once."""
    return typer.main.get_command(application.app_for())


@pytest.fixture
def call(folder, app, monkeypatch, capsys):
    """Call `simtool loss` with a line of arguments; give the exit code, stdout and stderr."""
    monkeypatch.setattr(application, "app_for", lambda typed: app)
    monkeypatch.setattr(program, "_on_signals", lambda handler: None)

    def call(line, stdin=b"", command="loss"):
        monkeypatch.setattr(sys, "argv", ["simtool", command, *line.split()])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as end:
            program.main()
        shown = capsys.readouterr()
        return end.value.code or 0, shown.out, shown.err

    return call


@pytest.fixture
def report(call):
    """Call it for JSON."""

    def report(line, stdin=b""):
        code, out, err = call(f"{line} --format json", stdin)
        assert code == 0, err
        return json.loads(out)

    return report


def typed(entry, labels="{}.npy"):
    """The arguments that a loss needs, from files."""
    given = [*FILES[entry.inputs], "--kind", entry.name]
    given += ["--labels", labels.format(entry.labels)] if entry.labels != "none" else []
    given += ["--weights", "weights.npy"] if entry.inputs == "classifier" else []
    return " ".join(given)


def computed(entry, folder):
    """The same by the library."""
    sides = [np.load(folder / name) for name in FILES[entry.inputs]]
    weights = np.load(folder / "weights.npy") if entry.inputs == "classifier" else None
    return simtool.loss(*sides, kind=entry.name, labels=LABELS.get(entry.labels), weights=weights)


@pytest.mark.parametrize("entry", LOSSES, ids=lambda entry: entry.name)
def test_files_and_one_table_on_stdin_give_the_numbers_of_the_library(report, folder, entry):
    expected = computed(entry, folder).summary
    from_files = report(typed(entry))
    assert from_files["summary"] == pytest.approx(expected, rel=1e-12)
    name = {"classifier": "classes", "views": "pairs", "teacher": "pairs"}.get(entry.inputs, entry.inputs)
    weights = "--weights weights.npy" if entry.inputs == "classifier" else ""
    found = report(f"--kind {entry.name} {weights}", (folder / f"{name}.parquet").read_bytes())
    assert found["summary"] == from_files["summary"]
    if "id" in found["rows"][0] and entry.name != "n-pairs":
        assert [row["id"] for row in found["rows"]] == IDS


ALLOWED = {"score": {0.5, 2.0}, "class": {2.0, "maybe"}}  # what is a label of that kind
BAD = [0.5, 2.0, np.nan, "maybe"]


@pytest.mark.parametrize("bad", BAD, ids=str)
@pytest.mark.parametrize("entry", [each for each in LOSSES if each.labels != "none"], ids=lambda each: each.name)
def test_labels_of_another_kind_are_refused_by_row_and_value(call, entry, bad):
    values = LABELS[entry.labels].astype(object if bad == "maybe" else float)
    values[4] = bad
    if bad == "maybe":
        with open("bad.txt", "w") as file:
            file.writelines(f"{value}\n" for value in values)
    else:
        np.save("bad.npy", values)
    name = "bad.txt" if bad == "maybe" else "bad.npy"
    code, out, err = call(typed(entry, labels=name))
    ranged = entry.name == "cosine-similarity" and bad == 2
    no_weight = entry.inputs == "classifier" and bad == "maybe"
    if bad in ALLOWED.get(entry.labels, ()) and not ranged and not no_weight:
        assert code == 0, err
        return
    shown = "2" if bad == 2 and entry.labels == "binary" else repr(bad)
    assert (code, out) == (2, "")
    assert f"row 4 has label {shown}" in err or (no_weight and "class 'maybe' has no row in the weights" in err)
    assert f"in:  {name}" in err


@pytest.mark.parametrize("entry", LOSSES, ids=lambda entry: entry.name)
def test_labels_of_another_shape_or_not_wanted_are_refused(call, entry):
    values = LABELS.get(entry.labels, BINARY)
    np.save("short.npy", values[:-1])
    np.save("column.npy", values[:, None])
    for name, what in (("short.npy", f"{ROWS} "), ("column.npy", "(12, 1)")):
        line = typed(entry, labels=name) + ("" if entry.labels != "none" else f" --labels {name}")
        code, out, err = call(line)
        assert (code, out) == (2, "")
        assert (what if entry.labels != "none" else "takes no labels") in err
    if entry.labels != "none":
        code, out, err = call(typed(entry).replace(f"--labels {entry.labels}.npy", ""))
        assert (code, out) == (2, "")
        assert f"the loss {entry.name} needs one" in err
        assert "try: --labels FILE or ::NAME, or a column" in err


@pytest.mark.parametrize("entry", LOSSES, ids=lambda entry: entry.name)
def test_list_tells_all_of_a_loss(call, entry):
    code, out, err = call(f"{entry.name} --format json", command="list")
    assert code == 0, err
    rows = json.loads(out)["rows"]  # of a metric too, where it has the same name
    (kind,) = (place for place, row in enumerate(rows) if row == {"property": "kind", "value": "loss"})
    told = {row["property"]: row["value"] for row in rows[kind - 1 :]}
    assert (told["formula"], told["source"], told["item"]) == (entry.formula, entry.source, entry.item)
    assert (told["labels"], told["takes"]) == (entry.labels, entry.inputs)
    shown = ", ".join(f"{name} {value:g}" for name, value in entry.parameters.items())
    assert told.get("parameters", "") == shown
    for name in entry.variants:
        assert entry.variants[name].source in told[f"variant {name}"]
    assert told.get("peers", "") == entry.peers


@pytest.mark.parametrize("kind", ["nt-xent", "semi-hard-triplet", "lifted-structure", "sup-con"])
def test_npy_holds_every_item_of_a_loss_of_very_many(call, folder, monkeypatch, kind):
    expected = simtool.loss(np.load("x.npy"), kind=kind, labels=CLASSES).array
    monkeypatch.setattr("simtool.scoring.accumulator.HELD", 3)
    code, _, err = call(f"x.npy --kind {kind} --labels class.npy -o items.npy")
    assert code == 0, err
    np.testing.assert_allclose(np.load("items.npy"), expected, rtol=1e-12)


REFUSED = [
    # what goes together
    ("x.npy y.npy --kind contrastive --kind cosent --labels binary.npy", "binary labels, cosent score", "--kind"),
    ("triplets.parquet --kind triplet,contrastive", "triplet takes triplets, contrastive takes pairs", "--kind"),
    ("x.npy y.npy z.npy --kind triplet --labels class.npy", "the loss triplet takes no labels", "--labels"),
    ("x.npy --kind triplet", "or three inputs: anchor, positive, negative", "--labels"),
    ("x.npy y.npy --kind sup-con --labels class.npy", "expected one file of vectors, got 2", "x.npy y.npy"),
    ("classes.parquet --kind info-nce", "vector columns a and b, but its columns are id, v, label", "classes.parquet"),
    ("pairs.parquet --kind sup-con", "several columns hold vectors: a, b", "pairs.parquet"),
    ("classes.parquet --kind arcface", "needs the classifier's weight matrix", "--weights"),
    ("classes.parquet --kind sup-con --weights weights.npy", "takes no weight matrix", "--weights"),
    ("classes.parquet --kind arcface --weights other.npy", "expected weights of shape (classes, 4)", "other.npy"),
    ("classes.parquet --kind arcface --weights nan.npy", "rows 2, 5 of 12 hold NaN", "nan.npy"),
    ("named.parquet --kind arcface --weights weights.npy", "class 'ant' has no row in the weights", "::label"),
    ("classes.parquet turned.parquet --kind info-nce", "row 0 is r0 in A and r11 in B", "turned.parquet::v"),
    ("pairs.parquet --kind contrastive --labels ::nolabel", "no column 'nolabel'", "pairs.parquet"),
    ("pairs.parquet --kind contrastive --labels ::score", "row 1 has label -0.81", "pairs.parquet::score"),
    # parameters
    ("pairs.parquet --kind cosine --param kind=3", "the loss cosine has no kind", "--param"),
    ("pairs.parquet --kind cosine --param labels=3", "the loss cosine has no labels", "--param"),
    ("pairs.parquet --kind cosine --scale 3", "the loss cosine has no scale", "--scale"),
    ("pairs.parquet --kind cosine --margin 1 --param margin=1", "margin is given twice", "--param"),
    ("pairs.parquet --kind cosine --margin 1 --sweep margin=1", "margin is swept", "--sweep"),
    ("pairs.parquet --kind cosine --sweep temperature=1", "the loss cosine has no temperature", "--sweep"),
    ("pairs.parquet --kind contrastive --kind bce --sweep margin=1", "the loss bce has no margin", "--sweep"),
    ("pairs.parquet --kind contrastive --variant sbrt", "did you mean sbert?", ""),
    ("pairs.parquet --kind cosine --variant sbert", "the loss cosine has no variants", "--variant"),
    ("pairs.parquet --kind contrastive --distance cosin", "not defined on cosin", "--distance"),
    ("triplets.parquet --kind triplet --param swap=0.5", "swap is 0.5, expected 0 or 1", "--param"),
    ("pairs.parquet --kind info-nce --sweep symmetric=0,0.5", "symmetric is 0.5, expected 0 or 1", "--param"),
    ("classes.parquet --kind sup-con --temperature 0", "temperature is 0", "--temperature"),
    ("classes.parquet --kind sup-con --reduction active-mean-by-label", "has no binary labels", "--reduction"),
    ("classes.parquet --kind sup-con --reduction none --sweep temperature=1", "`none` gives none", "--reduction"),
    ("pairs.parquet --kind vicreg --reduction none --sweep variance=1", "`none` gives none", "--reduction"),
    ("classes.parquet --kind sup-con --reduction none --grad g.npy", "`none` gives none", "--reduction"),
    ("pairs.parquet --kind cosine --kind bce --grad g.npy", "gradients are those of one loss", "--grad"),
    ("pairs.parquet --kind cosine --sweep margin=0,1 --grad g.npy", "gradients are those of one loss", "--grad"),
    # batches
    ("pairs.parquet --kind cosine --batch-size 4", "is one of single examples", "--batch-size"),
    ("pairs.parquet --kind cosine --shuffle", "is one of single examples", "--shuffle"),
    ("classes.parquet --kind sup-con --batch-size 0", "batch size is 0", "--batch-size"),
    ("classes.parquet --kind sup-con --shuffle --seed -3", "seed is -3", "--seed"),
    ("pairs.parquet --kind vicreg --batch-size 11", "a batch of one row has no variance", "--batch-size"),
    # data
    ("norows.npy --kind sup-con --labels class.npy", "the input is empty: shape (0, 4)", "norows.npy"),
    ("nan.npy y.npy --kind info-nce", "rows 2, 5 of 12 hold NaN or infinity", "nan.npy"),
    ("nan.npy y.npy --kind info-nce --nonfinite propagate", "would spoil every item of info-nce", "--nonfinite"),
    ("x.npy --kind n-pairs --labels single.npy", "no class has two rows", "x.npy"),
    ("one.npy one.npy --kind vicreg", "one row has no variance", ""),
    (
        "huge.npy --kind triplet --labels class.npy --distance sqeuclidean --grad g.npy",
        "leaves the range of float64",
        "huge.npy",
    ),
    ("huge.npy y.npy --kind vicreg --grad g.npy", "leaves the range of float64", "huge.npy, y.npy"),
    ("huge.npy y.npy --kind contrastive --labels binary.npy --grad g.npy", "leaves the range", "huge.npy, y.npy"),
    # outputs and gates, before the work: these inputs are not there
    ("no.npy --kind sup-con --assert los<1", "did you mean loss?", "--assert"),
    ("no.npy --kind sup-con --assert gradient_norm<1", "add --grad PATH, which gives that number", "--assert"),
    ("no.npy --kind cosine --kind bce --assert loss<1", "did you mean cosine.loss, bce.loss?", "--assert"),
    ("no.npy --kind cosine --sweep margin=1 --assert loss<1", "no number is called 'loss'", "--assert"),
    ("pairs.parquet --kind cosine --kind bce --format npy", "this result is a table", "--format npy"),
    ("no.npy --kind cosine --kind bce -o out.npy", "this result is a table", "out.npy"),
    ("no.npy --kind cosine --sweep margin=0,1 -o out.npy", "this result is a table", "out.npy"),
    ("no.npy --kind sup-con --sweep temperature=1 --format npy", "this result is a table", "--format npy"),
    ("pairs.parquet --kind cosine --grad pairs.parquet --force", "is also the input", "pairs.parquet"),
    ("x.npy --kind sup-con --labels class.npy --grad class.npy --force", "is also the input", "class.npy"),
    ("pairs.parquet --kind cosine --grad g.npy -o g.b.npy", "would be one file", "g.b.npy"),
]


@pytest.mark.parametrize(("line", "what", "where"), REFUSED, ids=[line for line, *_ in REFUSED])
def test_refused_with_what_and_where_and_nothing_is_left(call, folder, line, what, where):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    code, out, err = call(line)
    assert (code, out) == (2, "")
    assert what in err
    assert not where or any(where in text for text in err.splitlines() if text.startswith("  in:"))
    assert len(err.splitlines()) <= 4  # an error and perhaps a note, no warnings of numpy
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


# ---- what is undefined, left out or passed on


UNDEFINED = [
    entry
    for entry in LOSSES
    if entry.inputs == "classes" and entry.name not in ("multi-similarity", "n-pairs", "batch-all-contrastive")
] + [simtool.find("loss", "triplet")]


@pytest.mark.parametrize("entry", UNDEFINED, ids=lambda entry: entry.name)
def test_a_loss_without_items_is_undefined(call, report, entry):
    line = f"x.npy --labels single.npy --kind {entry.name}"
    summary = report(line)["summary"]
    assert [summary[key] for key in ("loss", "mean", "active_mean", "active_share")] == [None] * 4
    assert (summary["items"], summary["total"], summary["positives"]) == (0, 0.0, 0)
    code, out, err = call(f"{line} --assert loss>=0")
    assert code == 1
    assert "FAILED loss >= 0 (is undefined)" in err
    assert "12 of them with one row, which has no positive" in err
    assert err.count("no row has what makes an item, so the loss is undefined") == 1
    assert "undefined" in out


def test_an_undefined_loss_is_told_once_in_a_sweep(call):
    code, out, err = call("x.npy --labels single.npy --kind margin --sweep alpha=0.1,0.2 --format csv")
    assert code == 0
    assert [line.split(",")[2] for line in out.splitlines()[1:]] == ["", ""]
    assert err.count("no row has what makes an item") == 1


@pytest.mark.parametrize("kind", ["sup-con", "nt-xent", "multi-similarity"])
def test_one_class_has_no_negatives(report, kind):
    summary = report(f"x.npy --labels alike.npy --kind {kind}")["summary"]
    assert (summary["positives"], summary["negatives"]) == (ROWS * (ROWS - 1), 0)
    assert summary["negative_similarity"] is None
    assert summary["loss"] >= 0


def test_one_row_matches_itself(call):
    code, out, err = call("one.npy one.npy --kind info-nce --assert loss==0 --format csv")
    assert (code, len(out.splitlines())) == (0, 2)
    assert "no anchor is active" in err


def test_equal_vectors_are_not_called_closer(call, report):
    document = report("same.npy --labels class.npy --kind sup-con")
    assert {row["meaning"] for row in document["rows"]} == {"its negative is as close as a positive"}
    # all 11 others are alike, so each positive has the share 1 / 11
    assert document["summary"]["loss"] == pytest.approx(np.log(11), rel=1e-12)
    assert any("collapse" in note for note in document["notes"])


@pytest.mark.parametrize(
    ("line", "sides"),
    [
        ("nan.npy y.npy --labels binary.npy --kind cosine", ("a", "b")),
        ("nan.npy y.npy z.npy --kind triplet", ("anchor", "positive", "negative")),
        ("nan.npy --labels class.npy --kind sup-con", ("",)),
        ("nan.npy y.npy --kind info-nce --batch-size 4", ("a", "b")),
        ("nan.npy y.npy --kind mse", ("a", "b")),
        ("nan.npy y.npy --kind vicreg", ("a", "b")),
        ("nan.npy --labels class.npy --kind arcface --weights weights.npy", ("vectors",)),
    ],
)
def test_gradients_keep_the_rows_of_the_file_where_some_are_dropped(report, folder, line, sides):
    keep = np.delete(np.arange(ROWS), [2, 5])
    for name in ("nan", "y", "z", "binary", "class"):
        np.save(f"kept_{name}.npy", np.load(f"{name}.npy")[keep])
    dropped = report(f"{line} --nonfinite drop --grad g.npy")
    names = [f"kept_{word}" if (folder / f"kept_{word}").exists() else word for word in line.split()]
    kept = report(f"{' '.join(names)} --grad k.npy")
    assert dropped["summary"] == pytest.approx(kept["summary"], rel=1e-12)
    assert dropped["parameters"]["nonfinite"] == "drop"
    for side in sides:
        suffix = f".{side}.npy" if side else ".npy"
        found, expected = np.load(f"g{suffix}"), np.load(f"k{suffix}")
        assert found.shape == (ROWS, DIMS)
        np.testing.assert_allclose(found[keep], expected, rtol=1e-6)
        assert not found[[2, 5]].any()
        assert expected.any()


def test_dropped_rows_stay_in_a_table_of_gradients(call):
    x = np.load("x.npy")
    x[7] = np.nan
    table("holed", v=x, label=CLASSES)
    code, _, err = call("holed.parquet --kind sup-con --nonfinite drop --grad g.parquet --format csv")
    assert code == 0
    assert "1 row not finite, left out: row 7 (id 'r7')" in err
    found = pq.read_table("g.parquet").to_pydict()
    assert found["id"] == IDS
    assert [row for row, values in enumerate(found["vectors"]) if not any(values)] == [7]


def test_infinite_rows_are_passed_on_as_undefined(report):
    for line in ("nan.npy y.npy --kind mse", "nan.npy y.npy --kind contrastive --labels binary.npy"):
        document = report(f"{line} --nonfinite propagate")
        assert [row["id"] for row in document["rows"] if row["loss"] is None] == [2, 5]
        assert document["summary"]["loss"] is None


# ---- several losses, tables of triplets, ids


def test_triplets_and_rankings_stand_beside_each_other(report):
    document = report("triplets.parquet --kind triplet --kind margin-ranking --assert triplet.loss>0")
    for kind in ("triplet", "margin-ranking"):
        alone = report(f"triplets.parquet --kind {kind}")["summary"]
        assert document["summary"][f"{kind}.loss"] == alone["loss"]
    of_classes = report("classes.parquet --kind triplet --kind sup-con --assert sup-con.items==12")["summary"]
    assert of_classes["triplet.items"] == ROWS * 3 * 8  # three other rows of the class, eight of other classes


def test_a_label_beside_triplets_is_not_theirs(report):
    with_label = report("triplets.parquet --kind triplet")["summary"]
    assert with_label == report("x.npy y.npy z.npy --kind triplet")["summary"]


def test_a_classifier_is_found_by_id_or_number(report):
    by_id = report("named.parquet --kind arcface --weights named_weights.parquet")
    order = np.asarray([1, 2, 0])  # ant, bee, cow
    np.save("ordered.npy", np.load("weights.npy")[order])
    by_number = report("classes.parquet --kind arcface --weights ordered.npy")
    assert by_id["summary"] == pytest.approx(by_number["summary"], rel=1e-12)
    assert {row["positive"] for row in by_id["rows"]} == {"ant", "bee", "cow"}


def test_ids_of_the_second_input_name_the_gradients_too(call):
    code, _, err = call("x.npy turned.parquet --kind cosine-distance --grad g.parquet --format csv")
    assert code == 0, err
    assert pq.read_table("g.parquet")["id"].to_pylist() == IDS[::-1]


@pytest.mark.parametrize("kind", ["barlow-twins", "vicreg"])
def test_top_holds_for_features(call, report, kind):
    rows = report(f"x.npy y.npy --kind {kind}")["rows"]
    code, out, err = call(f"x.npy y.npy --kind {kind} --top 2 --format csv")
    largest = sorted((row["loss"] for row in rows), reverse=True)[:2]
    assert code == 0
    assert [float(line.split(",")[1]) for line in out.splitlines()[1:]] == largest
    assert f"2 of {len(rows)}" in err


def test_batches_are_told_and_repeat_with_their_seed(call, report):
    line = "classes.parquet --kind sup-con --batch-size 5 --shuffle --seed"
    one, again, other = (report(f"{line} {seed}") for seed in (3, 3, 4))
    assert one == again
    assert one["summary"]["loss"] != other["summary"]["loss"]
    parameters = one["parameters"]
    assert [parameters[key] for key in ("batch_size", "shuffle", "seed")] == [5, True, 3]
    assert any("3 batches of 5 rows, the last of 2, in an order shuffled with seed 3" in note for note in one["notes"])
    _, _, err = call("classes.parquet --kind sup-con --batch-size 1 --format csv")
    assert "12 batches of 1 row, in the order of the file" in err


@pytest.mark.parametrize(
    ("entry", "variant"),
    [(entry, variant) for entry in LOSSES for variant in entry.variants],
    ids=lambda each: each if isinstance(each, str) else each.name,
)
def test_variants_are_those_of_the_library(report, folder, entry, variant):
    sides = [np.load(folder / name) for name in FILES[entry.inputs]]
    weights = np.load(folder / "weights.npy") if entry.inputs == "classifier" else None
    expected = simtool.loss(*sides, kind=entry.name, labels=LABELS.get(entry.labels), weights=weights, variant=variant)
    document = report(f"{typed(entry)} --variant {variant}")
    assert document["summary"]["loss"] == pytest.approx(expected.summary["loss"], rel=1e-12)
    assert document["parameters"]["variant"] == variant


@pytest.mark.parametrize(
    "line",
    [
        "loss x.npy y.npy --labels similar.npy --kind contrastive",
        "loss x.npy y.npy --labels similar.npy --kind contrastive --sweep margin=0:1:0.5",
        "compare x.npy y.npy",
        "compare x.npy y.npy --per-id",
        "compare items.npy items.npy --cross",
        "channels maps.npy maps.npy",
    ],
)
def test_a_picture_stands_beside_the_table(typed, inputs, line):
    code, out, err = typed(f"{line} --plot picture.svg")
    assert code == 0
    assert "wrote picture.svg" in err
    assert (inputs / "picture.svg").read_text().startswith("<?xml")
    assert typed(line)[1] == out
    assert typed(f"{line} --plot picture.svg")[0] == 2  # it is there already
