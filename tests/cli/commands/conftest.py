"""A folder of small inputs, and the command line in this process."""

import sys

import numpy as np
import pytest

from simtool.cli import main as program


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """Eight rows twice, labels of pairs, classes, items of tokens, and maps."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for name, shape in {"x": (8, 3), "y": (8, 3), "items": (4, 5, 3), "maps": (3, 4, 4)}.items():
        np.save(f"{name}.npy", random.normal(size=shape))
    np.save("similar.npy", np.arange(8) % 2)
    np.save("classes.npy", np.arange(8) // 4)
    return tmp_path


@pytest.fixture
def typed(inputs, monkeypatch, capsys):
    """Type a line of arguments; give the exit code, stdout and stderr."""
    monkeypatch.setattr(program, "_on_signals", lambda handler: None)

    def typed(line):
        monkeypatch.setattr(sys, "argv", ["simtool", *line.split()])
        with pytest.raises(SystemExit) as end:
            program.main()
        shown = capsys.readouterr()
        return end.value.code or 0, shown.out, shown.err

    return typed
