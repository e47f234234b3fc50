"""Build the site into `build/site`: the pages of this folder, the changelog, and the pages that are made of the code.

    python docs/build.py

Pages are put together in `build/docs` first, so that nothing generated lies among what is written by hand.
"""

import doctest
import html
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import typer

import simtool
from simtool import catalogue
from simtool.cli.app import app_for
from simtool.io.formats import FORMATS

ROOT = Path(__file__).resolve().parent.parent
STAGE = ROOT / "build" / "docs"
KINDS = {"metrics": "metric", "aggregates": "aggregate", "losses": "loss"}
REFERENCE = {
    "functions": "What `import simtool` offers. Every command is a function of the same name.",
    "metrics": "`simtool.metrics.NAME(x, y)`: aligned vectors of numpy or torch, differentiable.",
    "losses": "`simtool.losses.NAME(...)`: embeddings, to train with. The names of other libraries stand in the "
    "[guide](../guides/training.md#names-of-other-libraries).",
    "aggregates": "`simtool.aggregates.NAME(a, b)`: two sets down to one number.",
    "modules": "`simtool.nn`: losses and metrics as modules of torch.",
}
CODE = ("formula", "range", "parameters", "function")


def main() -> None:
    """Run the tutorial, put the pages together and build the site; an example that fails, or a warning, fails it."""
    os.chdir(ROOT)
    run_tutorial()
    put_together(STAGE)
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)


def run_tutorial() -> None:
    """Run the blocks of the tutorial in Python, one after another."""
    page = (ROOT / "docs" / "tutorial_python.md").read_text(encoding="utf-8")
    text = "\n".join(re.findall(r"^```python\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE))
    example = doctest.DocTestParser().get_doctest(text, {}, "the tutorial in Python", "docs/tutorial_python.md", 0)
    if doctest.DocTestRunner().run(example).failed:
        sys.exit("the tutorial does not do what it shows")


def put_together(stage: Path) -> None:
    """Write all pages of the site into a folder, which is emptied first."""
    shutil.rmtree(stage, ignore_errors=True)
    shutil.copytree(ROOT / "docs", stage, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copy(ROOT / "CHANGELOG.md", stage / "changelog.md")
    (stage / "catalogue.md").write_text("".join(catalogue_page()), encoding="utf-8")
    (stage / "formats.md").write_text("".join(formats_page()), encoding="utf-8")
    (stage / "commands.md").write_text("".join(commands_page()), encoding="utf-8")
    (stage / "reference").mkdir()
    for name in REFERENCE:
        (stage / "reference" / f"{name}.md").write_text("".join(reference_page(name)), encoding="utf-8")


def reference_page(page: str) -> Iterator[str]:
    """Yield a page of the reference: the names on it, whose signatures and docstrings mkdocstrings puts in."""
    yield f"# {page.capitalize()}\n\n{REFERENCE[page]}\n\n"
    if page == "functions":
        public = [name for name in dir(simtool) if not isinstance(getattr(simtool, name), ModuleType | str)]
    elif page == "modules":
        public = ["nn.Loss", "nn.Similarity"]
    else:
        public = [f"{page}.{name.replace('-', '_')}" for name in sorted(catalogue.names(KINDS[page]))]
    for name in public:
        yield f"::: simtool.{name}\n\n"


def catalogue_page() -> Iterator[str]:
    """Yield the page of all metrics, aggregates and losses, as `simtool list` knows them."""
    yield "# Catalogue\n\n"
    yield "Every metric, aggregate and loss, as `simtool list` shows them. In the formulas s is the cosine, d the "
    yield "distance, y is 1 for similar pairs, and [x]+ is max(0, x).\n\n"
    for kind in KINDS:
        rows = simtool.describe(kind).rows
        assert rows is not None
        names = rows.read(0, len(rows))["name"].tolist()
        yield f"## {kind.capitalize()}\n\n"
        yield f"{' · '.join(f'[{name}](#{kind}-{name})' for name in names)}\n\n"
        for name in names:
            yield from _measure(kind, name)


def _measure(kind: str, name: str) -> Iterator[str]:
    """Yield all that is known of one measure, as a table."""
    facts = simtool.describe(name).rows
    assert facts is not None
    table = facts.read(0, len(facts))
    found: list[dict[str, str]] = []  # a metric and a loss may have the same name
    for key, value in zip(table["property"].tolist(), table["value"].tolist(), strict=True):
        found += [{}] if key == "name" else []
        found[-1][key] = value
    known = next(each for each in found if each["kind"] == KINDS[kind])
    yield f"### {name} {{ #{kind}-{name} }}\n\n{_sentence(known['meaning'])}\n\n| | |\n|---|---|\n"
    for key, value in known.items():
        if key not in ("name", "kind", "meaning"):
            yield f"| {key} | {_code(value) if key in CODE else _cell(value)} |\n"
    yield "\n"


def formats_page() -> Iterator[str]:
    """Yield the page of all formats that are read, from the table that the readers are found by."""
    yield "# Formats\n\nWhat simtool reads, how it tells the format, and what becomes vectors. `--input-format NAME` "
    yield "names the format of what comes through a pipe, or of a file of vectors that does not tell it.\n\n"
    yield "| format | `NAME` | suffixes | told by | vectors | lost |\n|---|---|---|---|---|---|\n"
    for each in FORMATS.values():
        suffixes = ", ".join(f"`{suffix}`" for suffix in each.suffixes)
        title = f"{each.title} (extra `{each.extra}`)" if each.extra else each.title
        name = "" if each.marks else f"`{each.name}`"
        yield f"| {title} | {name} | {suffixes} | {each.recognised_by} | {each.vectors} | {each.lost} |\n"
    yield "\nEach format is one file of `core/io/`, whose docstring says what is accepted, refused and lost.\n"


def commands_page() -> Iterator[str]:
    """Yield the page of all commands with their arguments and options, as `--help` shows them."""
    yield "# Command reference\n\nWhat `simtool COMMAND --help` shows, command by command.\n\n"
    program: Any = typer.main.get_command(app_for())
    for name, command in program.commands.items():
        yield f"## simtool {name}\n\n{command.help}\n\n"
        shown = [parameter for parameter in command.params if not parameter.hidden]
        arguments = [parameter for parameter in shown if not parameter.opts[0].startswith("-")]
        yield "| argument | |\n|---|---|\n" if arguments else ""
        for argument in arguments:
            yield f"| `{argument.metavar}` | {_cell(argument.help)} |\n"
        yield "\n| option | default | |\n|---|---|---|\n"
        for option in shown:
            if option not in arguments:
                yield _option(option)
        yield "\n"


def _option(option: Any) -> str:
    """Return one option as a row of a table."""
    flag = getattr(option, "is_flag", False)
    spellings = ", ".join(f"`{spelling}`" for spelling in (*option.opts, *option.secondary_opts))
    kinds = {int: "INTEGER", float: "NUMBER"}
    annotation = option.type_descriptor.annotation
    value = "" if flag else option.metavar or kinds.get(annotation, "TEXT")
    default = "" if option.default in (None, False) else f"`{option.default}`"
    text, _, said = (option.help or "").partition("  [default: ")
    text += f" Or the variable `{option.envvar}`." if option.envvar else ""
    return f"| {spellings} {_cell(value)} | {said.rstrip(']') or default} | {_cell(text)} |\n"


def _cell(text: str) -> str:
    """Return text that may stand in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _code(text: str) -> str:
    """Return text as code that may stand in a cell of a table, where it may hold bars."""
    return f"<code>{html.escape(text).replace('|', '&#124;').replace('*', '&#42;').replace('_', '&#95;')}</code>"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


if __name__ == "__main__":
    main()
