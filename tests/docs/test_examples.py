"""The README and the pages of the site do what they say.

The commands of a console block show what stands below them: stdout, or the error where there is one. The commands of a
block of `sh` succeed, if they are simtool's, and a block of `text` right below shows what comes of the last one, whose
digits may be those of another machine. Python examples run. What stands on one page shares an empty folder with
the sample data, in its order. `SIMTOOL_REWRITE_PAGES=1` writes what the commands show into the pages.
"""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from in_process import call
from pages import PAGES, blocks, examples, title

SIMTOOL = str(Path(sys.executable).parent / "simtool")
FOREIGN = {"SIMTOOL_DEVICE", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in FOREIGN}
PATH = f"{Path(SIMTOOL).parent}{os.pathsep}{os.environ['PATH']}"
WITH_COMMANDS = [page for page in PAGES if examples(page.read_text(encoding="utf-8"))]
WITH_PYTHON = [page for page in PAGES if blocks(page.read_text(encoding="utf-8"), "python")]


@pytest.fixture
def folder(tmp_path: Path, sample_data: Path) -> Path:
    """An empty folder with the sample data."""
    (tmp_path / "sample_data").symlink_to(sample_data, target_is_directory=True)
    return tmp_path


def _run(line: str, folder: Path) -> tuple[int, str, str]:
    """Run a line in a shell, or without one where `simtool`, `< FILE` and `| head -N` are all that it needs."""
    lexer = shlex.shlex(line.replace("\\\n", " "), posix=True, punctuation_chars="<>|;&")
    lexer.whitespace_split, lexer.commenters = True, ""
    words = list(lexer)
    head = int(words[-1][1:]) if words[-3:-1] == ["|", "head"] and words[-1][1:].isdigit() else None
    words = words if head is None else words[:-3]
    source = words[-1] if words[-2:-1] == ["<"] else os.devnull
    words = words if source == os.devnull else words[:-2]
    if words[0] != "simtool" or {"<", ">", "|", ";", "&"}.intersection(words) or set(line) & set("$`*?~"):
        environment = ENVIRONMENT | {"PATH": PATH}
        done = subprocess.run(["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr
    with open(folder / source, "rb") as stdin:
        code, out, err = call([SIMTOOL, *words[1:]], cwd=folder, env=ENVIRONMENT, stdin=stdin)
    return code, "".join(out.decode().splitlines(keepends=True)[:head]), err.decode()


def _rounded(text: str) -> str:
    """Return a page with 14 digits of its numbers: the last ones are those of the processor that wrote them."""
    return re.sub(r"\d+\.\d{14,}", lambda number: f"{float(number[0]):.14g}", text)


def _shape(text: str) -> str:
    """Return a text with one number for all and one height for all bars."""
    return re.sub("[▁-█]", "█", re.sub(r" *-?\d[\d.]*", " 0", text))


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=title)
def test_commands_do_what_the_page_shows(page, folder):
    text = page.read_text(encoding="utf-8")
    parts, done = [], 0
    for example in examples(text):
        code, out, err = _run(example.command, folder)
        report = f"$ {example.command}\nexit code {code}\n{out}{err}"
        assert code <= 2, report
        if example.shown is None:
            assert code == 0, report
        else:
            assert (code == 0) == (not err.startswith("error: ")), report
            is_shown = not example.to_the_digit and _shape(example.shown) == _shape(out)
            parts += [text[done : example.start], example.shown if is_shown else out or err]
            done = example.end
    renewed = "".join([*parts, text[done:]])
    if os.environ.get("SIMTOOL_REWRITE_PAGES") == "1" and _rounded(text) != _rounded(renewed):
        page.write_text(renewed, encoding="utf-8")
    assert _rounded(text) == _rounded(renewed)


@pytest.mark.parametrize("page", WITH_PYTHON, ids=title)
def test_python_blocks_give_what_they_say(page, folder, monkeypatch):
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    for number, block in enumerate(blocks(page.read_text(encoding="utf-8"), "python")):
        test = doctest.DocTestParser().get_doctest(block.text, names, f"block {number}", title(page), 0)
        assert test.examples, "a block of Python without an example is not run"
        report: list[str] = []
        assert doctest.DocTestRunner(verbose=False).run(test, out=report.append, clear_globs=False).failed == 0, report
        names = test.globs


def test_most_guides_have_examples():
    assert len(WITH_COMMANDS) >= 12
    assert len(WITH_PYTHON) >= 1
