"""Where a command begins and ends: signals, the one error boundary, exit codes. Imports little, to begin soon."""

import os

# idle threads of numpy's products would spin for a tenth of a second, more CPU time than most jobs take: 2^20 cycles do
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "20")

try:
    import signal
    import sys
    import traceback
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn

    from simtool.errors import SimtoolError

    from .blas_kernels import choose_blas_kernels
    from .exit_codes import DEFECT, NOT_HERE, SIGNALLED
    from .option_names import with_options
    from .output.terminal import discard_stdout, say
except KeyboardInterrupt:  # `main` is not there yet to hear it
    os._exit(130)

_received: list[int] = []  # signals, in order


def main() -> None:
    """Run the command line; every error that a user can meet ends here, as a few lines on stderr."""
    _on_signals(_end_at_once)  # there is nothing to tidy up yet, and an import may swallow an exception
    try:
        choose_blas_kernels()
        from .app import run

        _on_signals(_end_in_order)
        code = run(sys.argv[1:])
    except SystemExit as end:
        # typer's own end when the reader of a help text has gone, or when a library makes something else of a signal
        code = 0 if isinstance(end.__context__, BrokenPipeError) else end.code
        code = SIGNALLED + _received[0] if _received else code
    except BaseException as error:  # a panic of a library in Rust is no Exception
        # an import that is interrupted may raise anything
        code = SIGNALLED + _received[0] if _received else _explain(error)
    _on_signals(_end_at_once)
    sys.exit(code)


def _on_signals(handler: Callable[[int, FrameType | None], NoReturn]) -> None:
    """Handle Ctrl-C, a polite kill and a closed terminal; what nohup or `&` made the process ignore stays ignored."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _end_at_once(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(SIGNALLED + number)


def _end_in_order(number: int, frame: FrameType | None) -> NoReturn:
    """Let temporary files be removed on the way out."""
    _received.append(number)
    sys.exit(SIGNALLED + number)


def _explain(error: BaseException) -> int:
    """Say what went wrong and what to do next; return the exit code."""
    if isinstance(error, SimtoolError):
        _say(*map(with_options, (error.what, error.where, error.hint)))
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return SIGNALLED + signal.SIGINT
    discard_stdout()
    if os.environ.get("SIMTOOL_DEBUG") == "1":
        for line in "".join(traceback.format_exception(error)).splitlines():
            say(line)
    if isinstance(error, MemoryError) or _is_out_of_memory(error):
        _say(
            "not enough memory", "", "use less data at once; in pairwise --top-k or --threshold keep a part of a matrix"
        )
    elif isinstance(error, ImportError) and not (error.name or "").startswith("simtool"):
        _say(f"a library cannot be loaded: {error}", "", f"pip install {error.name}" if error.name else "")
    elif isinstance(error, OSError):
        _say(f"the system refused: {error.strerror or error}", str(error.filename or ""), "")
    else:
        _say(
            f"this is a defect of simtool: {type(error).__name__}: {error}",
            _place(error),
            "report it, please, with the command line and what SIMTOOL_DEBUG=1 shows",
        )
        return DEFECT
    return NOT_HERE


def _is_out_of_memory(error: BaseException) -> bool:
    """Tell torch's errors of memory, on a device and on the host, without importing torch, and a lack of threads."""
    if not isinstance(error, RuntimeError):
        return False
    text = str(error)
    return type(error).__name__ == "OutOfMemoryError" or "DefaultCPUAllocator" in text or "start new thread" in text


def _place(error: BaseException) -> str:
    """Return the last line of ours that an error went through."""
    frames = [(frame.f_globals.get("__name__", ""), line) for frame, line in traceback.walk_tb(error.__traceback__)]
    ours = [f"{name}, line {line}" for name, line in frames if name.startswith("simtool.")]
    return ours[-1] if ours else ""


def _say(what: str, where: str, hint: str) -> None:
    say(f"error: {what}")
    if where:
        say(f"  in:  {where}")
    if hint:
        say(f"  try: {hint}")
