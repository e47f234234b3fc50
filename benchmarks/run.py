"""Run the benchmarks: `python benchmarks/run.py [--quick] [--only NAME] [--rounds N] [--json PATH] [--page PATH]`."""

import argparse
import tempfile
from importlib import import_module
from pathlib import Path

from environment import environment
from harness import Report
from page import write_page

FAMILIES = sorted(path.stem for path in (Path(__file__).parent / "jobs").glob("*.py"))


def main() -> None:
    """Run the families that were asked for, and print and write what they measured."""
    parser = argparse.ArgumentParser(description="simtool beside its peers")
    parser.add_argument("--quick", action="store_true", help="small inputs, few rounds: ends in two minutes")
    parser.add_argument("--only", action="append", choices=FAMILIES, metavar="NAME", help=", ".join(FAMILIES))
    parser.add_argument("--rounds", type=int, metavar="N", help="how often each contender runs (5; quick: 2)")
    parser.add_argument("--json", metavar="PATH", type=Path, help="write every figure to this file, job after job")
    parser.add_argument("--page", metavar="PATH", help="write a page with every figure, as docs/benchmarks.md is one")
    options = parser.parse_args()
    for name, value in environment().items():
        print(f"{name}: {value}")
    rounds, patience = (2, 2.0) if options.quick else (5, 60.0)
    report = Report(rounds=options.rounds or rounds, patience=patience, path=options.json)
    for name in options.only or FAMILIES:
        report.family = name
        with tempfile.TemporaryDirectory(prefix="simtool-benchmark-") as folder:
            import_module(f"jobs.{name}").run(report, Path(folder), quick=options.quick)
    if options.page:
        write_page(options.page, [report.figures()])


if __name__ == "__main__":
    main()
