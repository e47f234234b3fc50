"""The README does what it says: its console blocks show what the commands print, its Python examples run."""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n\$ (.*?)\n(.*?)```", README, flags=re.DOTALL)


def test_there_are_examples():
    assert len(BLOCKS) >= 5


@pytest.mark.parametrize(("command", "expected"), BLOCKS, ids=[command.split(" < ")[0][:60] for command, _ in BLOCKS])
def test_console_block(command, expected):
    script = shlex.quote(str(Path(sys.executable).parent / "simtool"))
    shell = re.sub(r"\bsimtool ", f"{script} ", command, count=1)
    done = subprocess.run(["bash", "-c", shell], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == expected


def test_python_examples(monkeypatch):
    monkeypatch.chdir(ROOT)
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert result.attempted >= 5
    assert result.failed == 0
