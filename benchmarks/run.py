"""Run the benchmarks: `python benchmarks/run.py [--quick] [--only NAME] [--json PATH]`."""

import argparse
import tempfile
from pathlib import Path

import aligned
import matrix
import startup
import topk
from environment import environment
from harness import Report

FAMILIES = {"startup": startup.run, "matrix": matrix.run, "topk": topk.run, "aligned": aligned.run}


def main() -> None:
    """Run the families that were asked for, and print and write what they measured."""
    parser = argparse.ArgumentParser(description="simtool beside its peers")
    parser.add_argument("--quick", action="store_true", help="small inputs, few rounds: ends in two minutes")
    parser.add_argument("--only", action="append", choices=list(FAMILIES), metavar="NAME", help=", ".join(FAMILIES))
    parser.add_argument("--json", metavar="PATH", help="write every figure to this file")
    options = parser.parse_args()
    for name, value in environment().items():
        print(f"{name}: {value}")
    report = Report(rounds=2, patience=2.0) if options.quick else Report(rounds=5, patience=60.0)
    for name in options.only or FAMILIES:
        with tempfile.TemporaryDirectory(prefix="simtool-benchmark-") as folder:
            FAMILIES[name](report, Path(folder), quick=options.quick)
    if options.json:
        report.write(options.json)


if __name__ == "__main__":
    main()
