"""A user's script passes a strict type checker, and runs."""

import subprocess
import sys
from pathlib import Path

from user_script import main

SCRIPT = Path(__file__).parent / "user_script.py"


def test_a_users_script_is_clean_under_mypy(tmp_path):
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(SCRIPT)]
    checked = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert checked.stdout.startswith("Success"), checked.stdout


def test_a_users_script_runs(tmp_path):
    assert main(tmp_path) == ["a", "rank", "b", "score", "2", "1.732", "3 0 2"]
