"""Run one command and write what it took: `measure.py REPORT COMMAND...`.

A child starts with the peak of the process that spawned it, so one that holds arrays would lend them to all it
measures. This small process, which imports nothing but the standard library, stands between.
"""

import json
import os
import sys
import time

KIBIBYTE = 1024


def main() -> None:
    """Write the wall seconds, CPU seconds, peak resident bytes and exit code of the command line that was given.

    CPU seconds are those of user and system, of all threads and of all processes that the command waited for.
    """
    report, *command = sys.argv[1:]
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    cpu = usage.ru_utime + usage.ru_stime
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else KIBIBYTE)
    with open(report, "w") as file:
        json.dump({"seconds": seconds, "cpu": cpu, "peak": peak, "code": os.waitstatus_to_exitcode(status)}, file)


if __name__ == "__main__":
    main()
