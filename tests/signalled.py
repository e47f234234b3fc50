"""Processes that hear the signals that a test sends."""

import signal


def hear_every_signal():
    """Undo what nohup, or a shell that starts the tests with `&`, made them ignore."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
