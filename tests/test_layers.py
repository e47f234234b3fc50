"""What may import what, in the source and in a fresh interpreter; what is packaged; which names are public."""

import ast
import importlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import simtool
from simtool import engine
from simtool.catalogue import names

ROOT = Path(__file__).resolve().parent.parent
CORE, CLI, TESTS = (sorted((ROOT / name).rglob("*.py")) for name in ("core", "cli", "tests"))
HEAVY = ("torch", "pyarrow", "scipy", "sklearn", "pandas")


def imports(path):
    """Yield the full name of every module or member that a file imports, relative ones with their dots."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def roots(path):
    return {name.split(".")[0] for name in imports(path) if not name.startswith(".")}


def name_of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_core_knows_no_terminal(path):
    assert not roots(path) & {"typer", "rich", "click", "simtool"}


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_only_the_backend_and_the_reader_of_its_files_know_torch(path):
    allowed = path.parent.name == "backend" or path.name in ("torch_files.py", "nn.py")
    assert allowed or not roots(path) & {"torch"}


# the rooms of core from the ground up: each imports from those before it; modules of its top are one room each
ROOMS = (
    ("placeholders", "characters", "suggestions", "fronts", "addresses"),
    ("errors",),
    ("argument_types", "staged", "memory", "documents", "blas"),
    ("delivery", "results", "backend", "catalogue"),
    ("labels", "metrics", "named_values"),
    ("io", "loss_labels"),
    ("checks", "given_inputs", "work"),
    ("nonfinite", "joining"),
    ("engine",),
    ("settings", "feature_maps"),
    ("estimates",),
    ("statistics",),
    ("losses", "aggregates"),
    ("evaluation", "scoring", "comparison", "grouping"),
    ("fitting", "mining", "plots"),
    ("training",),
    ("operations", "nn"),
)
STOREY = {room: number for number, rooms in enumerate(ROOMS) for room in rooms}


def imported_rooms(path):
    """Yield the rooms of core that a file of core imports from, its own aside."""
    here = path.relative_to(ROOT / "core").parts
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_checkers = {inner for node in ast.walk(tree) if isinstance(node, ast.If) for inner in ast.walk(node)}
    for node in set(ast.walk(tree)) - for_checkers:
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*here[:-1]][: len(here) - node.level]
            names = [*base, *(node.module or "").split(".")] if node.module else base
            yield from [names[0]] if names else [alias.name for alias in node.names]


LOADED_WHEN_ASKED = {"core/results/result.py": {"io", "plots"}}  # what saves a result, and what draws it


@pytest.mark.parametrize(
    "path", [path for path in CORE if path.name not in ("__init__.py", "__main__.py")], ids=name_of
)
def test_imports_point_one_way(path):
    room = path.relative_to(ROOT / "core").parts[0].removesuffix(".py")
    above = {other for other in imported_rooms(path) if STOREY.get(other, -1) >= STOREY[room] and other != room}
    assert above == LOADED_WHEN_ASKED.get(name_of(path), set())


OUTSIDE_THE_ENGINE = [path for path in (*CORE, *CLI) if ROOT / "core" / "engine" not in path.parents]


@pytest.mark.parametrize("path", OUTSIDE_THE_ENGINE, ids=name_of)
def test_the_engine_is_entered_by_its_front(path):
    behind = [name for name in imports(path) if name.startswith(("..engine.", "simtool.engine."))]
    assert not behind


def test_the_front_of_the_engine_hides_no_module():
    assert not {path.stem for path in (ROOT / "core" / "engine").iterdir()} & set(dir(engine))


SEEN = ("errors", "results", "catalogue", "io", "evaluation", "plots", "work")
FRONTS = {"simtool", *(f"simtool.{room}" for room in SEEN)}


@pytest.mark.parametrize("path", CLI, ids=name_of)
def test_the_command_line_knows_the_library_and_a_few_fronts(path):
    ours = {name for name in imports(path) if name.split(".")[0] == "simtool"}
    assert ours <= FRONTS


@pytest.mark.parametrize("room", ["engine", "io", "evaluation", "plots", "work"])
def test_a_front_offers_what_type_checkers_see(room):
    package = importlib.import_module(f"simtool.{room}")
    tree = ast.parse((ROOT / "core" / room / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    typed = [(alias.name, node) for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(name for name, _ in typed) == dir(package)
    for name, node in typed:
        home = importlib.import_module("." * node.level + (node.module or ""), package.__name__)
        assert getattr(package, name) is getattr(home, name)
    with pytest.raises(AttributeError, match="no attribute 'opne'"):
        getattr(package, "opne")  # noqa: B009 - the name is wrong on purpose


@pytest.mark.parametrize("path", [*CLI, *TESTS], ids=name_of)
def test_nobody_imports_the_folder_core(path):
    assert "core" not in roots(path)


@pytest.mark.parametrize("path", CLI, ids=name_of)
def test_the_command_line_uses_typer_in_public_only(path):
    names = list(imports(path))
    assert not [name for name in names if name.startswith(("click", "typer._", "typer.core", "torch"))]


def loaded(script, *heavy, cwd=ROOT):
    """Run a script in a fresh interpreter; return which of the modules it left loaded."""
    probe = f"{script}\nimport sys\nsys.stderr.write('\\n' + ' '.join(m for m in {heavy!r} if m in sys.modules))"
    environment = {name: value for name, value in os.environ.items() if name != "SIMTOOL_DEVICE"}
    command = [sys.executable, "-c", probe]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=True)
    return set(done.stderr.rpartition("\n")[2].split())


@pytest.mark.parametrize("module", ["simtool", "simtool.errors", "simtool.catalogue", "simtool.cli.main"])
def test_errors_and_catalogue_are_light(module):
    assert loaded(f"import {module}", "numpy", *HEAVY) == set()


COMMAND = """
import sys
sys.argv = {arguments!r}
from simtool.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


@pytest.mark.parametrize("arguments", ["--help", "--version", "pairwise -h"])
def test_help_imports_no_arrays(arguments):
    script = COMMAND.format(arguments=["simtool", *arguments.split()])
    assert loaded(script, "numpy", "pydantic", *HEAVY) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        "pairwise x.npy",
        "pairwise x.npy x.npy --top-k 2",
        "pairwise x.npy --threshold 0.5 --format json",
        "similarity x.npy x.npy --format csv",
        "compare x.npy x.npy --aggregate argmax",
        "loss x.npy x.npy --kind cosine-distance",
        "explain x.npy x.npy",
        "evaluate x.npy x.npy --labels y.npy",
        "inspect x.npy",
        "pairwise x.npy -o scores.npy --force",
    ],
)
def test_a_small_job_on_npy_imports_neither_torch_nor_pyarrow(tmp_path, arguments):
    np.save(tmp_path / "x.npy", np.eye(3))
    np.save(tmp_path / "y.npy", np.asarray([0, 1, 1]))
    script = COMMAND.format(arguments=["simtool", *arguments.split()])
    assert loaded(script, *HEAVY, cwd=tmp_path) == set()


LOADED_WHEN_NEEDED = {  # a small job -> what it has no need of
    "pairwise x.npy": ("comparison.item_pairs", "engine.precision_choice", "estimates.dry_run", "plots.curves"),
    "pairwise x.npy -k 2": ("aggregates.record", "engine.grouping", "engine.matrices", "estimates.dry_run"),
    "compare x.npy x.npy": ("comparison.item_pairs", "engine.listing", "engine.phases", "results.drawings"),
    "loss x.npy x.npy --kind cosine-distance": ("engine.selections", "plots.choice", "scoring.batch_report"),
    "similarity x.npy x.npy": ("engine.selections", "results.drawings"),
}


@pytest.mark.parametrize("arguments", LOADED_WHEN_NEEDED)
def test_a_small_job_loads_what_it_needs(tmp_path, arguments):
    np.save(tmp_path / "x.npy", np.eye(3))
    script = COMMAND.format(arguments=["simtool", *arguments.split()])
    unneeded = [f"simtool.{name}" for name in LOADED_WHEN_NEEDED[arguments]]
    assert loaded(script, *unneeded, cwd=tmp_path) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        "loss sample_data/wordsim353.parquet --kind contrastive",
        "pairwise sample_data/words.parquet -k 2",
        "pairwise sample_data/words.parquet -k 2 --rows 3:9",
        "inspect sample_data/words.parquet",
    ],
)
def test_a_small_job_on_parquet_imports_neither_torch_nor_pandas(arguments):
    script = COMMAND.format(arguments=["simtool", *arguments.split()])
    assert loaded(script, *HEAVY) == {"pyarrow"}


@pytest.mark.parametrize(
    "options", ["", "--where id!='a'", "--where flag", "--where x0>1", "--keep-columns text,flag,some", "--format csv"]
)
def test_a_small_job_on_csv_imports_no_pandas(tmp_path, options):
    rows = ['a,"q ""x""",1,2,true,', "b,yy,3,4,false,3", "c,zz,+5,6,true,4", "d,zz,5,6,true,4"]
    (tmp_path / "t.csv").write_text("\n".join(["id,text,x0,x1,flag,some", *rows]))
    script = COMMAND.format(arguments=["simtool", "pairwise", "t.csv", "-k", "1", *options.split()])
    assert loaded(script, *HEAVY, cwd=tmp_path) == {"pyarrow"}


def test_packages_are_the_folders():
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = {"simtool": "core", "simtool.cli": "cli"}
    assert configuration["package-dir"] == folders
    found = []
    for package, folder in folders.items():
        for file in (ROOT / folder).rglob("__init__.py"):
            parts = file.parent.relative_to(ROOT / folder).parts
            found.append(".".join((package, *parts)))
    assert configuration["packages"] == sorted(found)
    for path in (*CORE, *CLI):
        assert (path.parent / "__init__.py").exists()


def typed_names():
    """Return the names that `core/__init__.py` shows to type checkers, and their modules."""
    tree = ast.parse((ROOT / "core" / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    return {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def test_public_names_resolve_and_agree_with_what_type_checkers_see():
    homes = vars(simtool)["_HOMES"]
    assert homes == typed_names()
    for name in homes:
        assert getattr(simtool, name) is not None
        assert name in dir(simtool)
    with pytest.raises(AttributeError, match="no attribute 'pairwize'"):
        getattr(simtool, "pairwize")  # noqa: B009 - the name is wrong on purpose


@pytest.mark.parametrize(("room", "kind"), [("metrics", "metric")])
def test_a_room_of_measures_holds_every_name_of_the_catalogue(room, kind):
    package = importlib.import_module(f"simtool.{room}")
    submodules = {path.stem for path in (ROOT / "core" / room).glob("*.py")}
    for name in names(kind):
        assert getattr(package, name) is simtool.find(kind, name).load()
        assert name in dir(package)
        assert name not in submodules  # importing that would replace the function
    with pytest.raises(AttributeError, match="no attribute 'cosin'"):
        package.cosin  # noqa: B018


def test_no_public_name_hides_a_module():
    modules = {path.stem for path in (ROOT / "core").glob("*.py")} | {
        path.name for path in (ROOT / "core").iterdir() if path.is_dir()
    }
    assert not modules & set(vars(simtool)["_HOMES"])
