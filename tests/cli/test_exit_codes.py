"""The exit codes: those that the help names, each of its own."""

import signal

from simtool.cli import exit_codes
from simtool.errors import ParameterError, ResourceError


def test_each_outcome_has_a_code_of_its_own():
    codes = [0, exit_codes.GATE_FAILED, ParameterError.exit_code, exit_codes.NOT_HERE, exit_codes.DEFECT]
    assert codes == [0, 1, 2, 3, 70]
    assert ResourceError.exit_code == exit_codes.NOT_HERE


def test_a_signal_gives_what_a_shell_gives():
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    assert [exit_codes.SIGNALLED + number for number in numbers] == [129, 130, 143]
