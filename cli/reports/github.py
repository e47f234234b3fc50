"""What GitHub Actions shows of a step: Markdown in the summary of the job, and an annotation per failed gate.

Accepted: the file that GITHUB_STEP_SUMMARY names; what other commands of the step have put there stays.
Refused: all where the variable is missing or the file cannot be written.
Lost: rows, and then the end of the summary, where all of the step would be longer than GitHub takes.
"""

import io
import os
from collections.abc import Sequence

from simtool.errors import OutputError
from simtool.io import once_delivered, writing_error
from simtool.results import Result, Verdict

from ..output.render import Output, write_as
from ..output.terminal import say, say_once_delivered

VARIABLE = "GITHUB_STEP_SUMMARY"
MOST = 1 << 20  # bytes of one step: GitHub shows nothing of a longer summary
_CUT = "\n… the rest is longer than a summary may be\n".encode()
# https://github.com/actions/toolkit, packages/core/src/command.ts
_OF_MESSAGES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_OF_PROPERTIES = {**_OF_MESSAGES, **str.maketrans({":": "%3A", ",": "%2C"})}


def check_summary() -> None:
    """Refuse a summary that nobody would see, before any work.

    Raises:
        OutputError: GitHub has named no file, or none that can be written.
    """
    path = os.environ.get(VARIABLE, "")
    if not path:
        hint = "run it in a step of GitHub Actions; elsewhere --report summary.md writes the same"
        raise OutputError(f"{VARIABLE} is not set", "--github-summary", hint)
    place = path if os.path.exists(path) else os.path.dirname(os.path.realpath(path))
    if os.path.isdir(path) or not os.access(place, os.W_OK):
        raise OutputError(f"{VARIABLE} names no file that can be written", path, "leave the variable as GitHub sets it")


def annotate(result: Result, verdicts: Sequence[Verdict]) -> None:
    """Say of each gate that failed what GitHub shows at the top of the run; it reads stderr as it does stdout."""
    title = f"simtool {result.command}".translate(_OF_PROPERTIES)
    for verdict in verdicts:
        if not verdict.passed:
            say_once_delivered(f"::error title={title}::{verdict.sentence().translate(_OF_MESSAGES)}")


def append_summary(result: Result, verdicts: Sequence[Verdict], output: Output) -> None:
    """Append the result to the summary of the step, once the outputs are in their places."""
    path = os.environ[VARIABLE]

    def append() -> None:
        try:
            with open(path, "ab") as file:
                room = MOST - file.tell()
                text = _within(result, verdicts, output, room)
                file.write(text)
        except OSError as error:
            raise writing_error(error, path) from error
        if not text:
            say(f"note: {path} is full, so that GitHub will show nothing of this command")

    once_delivered(append)


def _within(result: Result, verdicts: Sequence[Verdict], output: Output, room: int) -> bytes:
    """Return the Markdown with as many of the rows that a table shows as leave it no longer than `room` bytes."""
    count = min(output.limit, len(result.rows))
    while len(text := _markdown(result, count, verdicts, output)) > room and count:
        count //= 2
    if len(text) <= room:
        return text
    kept = text[: max(0, room - len(_CUT))]
    kept = kept[: kept.rfind(b"\n") + 1]
    return kept + _CUT if kept else b""


def _markdown(result: Result, count: int, verdicts: Sequence[Verdict], output: Output) -> bytes:
    stream = io.BytesIO()
    stream.write(f"## simtool {result.command}\n\n".encode())
    write_as("markdown", result[:count], stream, verdicts, output)
    if count < len(result.rows):
        stream.write(f"\n{count:,} of {len(result.rows):,} rows\n".encode())
    stream.write(b"\n")
    return stream.getvalue()
