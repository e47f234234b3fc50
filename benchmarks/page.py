"""The page of figures: `python benchmarks/page.py docs/benchmarks.md FIGURES.json...` makes it of what was measured.

Several files may come from several machines, or from parts of one run: each machine gets a section.
"""

import html
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Figures = Mapping[str, Any]
HEADERS = ("contender", "CPU s", "CPU ratio", "goal", "wall s", "peak MiB", "rate")
INTRODUCTION = """# Benchmarks

simtool beside what people would use instead. Every contender gave the same answer before it was timed, contenders took
turns, and each figure is a median. CPU seconds are those of user and system, of all threads and child processes: they
disturb each other less than wall time does where a machine is shared. A ratio compares with the first line of its
table, round by round; a goal is the CPU ratio that simtool means to stay within. Lines with a peak of memory are whole
processes, from start to exit; others are calls in one process.

Measure on your own machine:

```sh
pip install '.[benchmark]'
python benchmarks/run.py --quick                    # two minutes, small inputs
python benchmarks/run.py --json figures.json --page benchmarks.md
python benchmarks/run.py --only topk --only matrix  # some families
```

Compare ratios, not seconds of two machines. What is compared, and how to read it, stands in `benchmarks/README.md`.
"""


def write_page(path: str, runs: Sequence[Figures]) -> None:
    """Write the page of one or several runs."""
    Path(path).write_text("\n".join(_lines(runs)) + "\n", encoding="utf-8")


def _lines(runs: Sequence[Figures]) -> Iterator[str]:
    machines: dict[str, list[Figures]] = {}
    for run in runs:
        machines.setdefault(_machine(run["environment"]), []).append(run)
    yield INTRODUCTION
    for machine, theirs in machines.items():
        yield f"## {machine}\n"
        yield f"{_software(theirs[-1]['environment'])}\n"
        yield from _shared(theirs)
        # a job that was measured again replaces what was measured before
        jobs = {(row["family"], row["job"], row["shape"]): run for run in theirs for row in run["rows"]}
        for family, job, shape in sorted(jobs):
            rows = [row for row in jobs[family, job, shape]["rows"] if (row["job"], row["shape"]) == (job, shape)]
            yield f"### {job[:1].upper()}{job[1:]}\n\n{shape} · runs: {max(row['runs'] for row in rows)}\n"
            yield from _table(rows)
            yield ""


def _machine(environment: Mapping[str, Any]) -> str:
    """Return a machine by its features."""
    units = ", ".join(environment["units"]) or "no vector units that we know of"
    parts = [f"{environment['cores']} cores", environment["processor"], units, f"{environment['memory GiB']} GiB"]
    return " · ".join([*parts, *environment["accelerators"]])


def _software(environment: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in environment["versions"].items() if number)
    limits = ", ".join(f"{name}={number}" for name, number in environment["settings"].items())
    return f"{environment['system']}, Python {environment['python']}, {versions}{f', {limits}' if limits else ''}."


def _shared(runs: Sequence[Figures]) -> Iterator[str]:
    """Yield what a reader must know where other work ran on the machine."""
    loads = [run["environment"]["load"] for run in runs]
    if max(loads) > 2 * runs[0]["environment"]["cores"]:
        yield (
            f"Other work shared this machine: load averages of {min(loads):.0f} to {max(loads):.0f} at the ends of the "
            "runs. Wall times and rates say little then, and CPU ratios are off by a tenth or two; those of one run by "
            "more.\n"
        )


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    cells = [dict(zip(HEADERS, _cells(row), strict=True)) for row in rows]
    shown = [header for header in HEADERS if any(each[header] for each in cells)]
    yield f"| {' | '.join(shown)} |"
    yield f"|{'|'.join('---' if header == 'contender' else '---:' for header in shown)}|"
    for each in cells:
        yield f"| {' | '.join(each[header] for header in shown)} |"


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        html.escape(row["contender"], quote=False).replace("|", "\\|"),
        f"{row['cpu']:.3g}",
        f"{row['cpu ratio']:.2f}",
        "" if row["goal"] is None else f"{row['goal']:g}",
        f"{row['median']:.3g}",
        "" if row["peak"] is None else f"{row['peak'] / 2**20:,.0f}",
        "" if row["rate"] is None else f"{row['rate']:,.3g} {row['unit']}",
    )


if __name__ == "__main__":
    write_page(sys.argv[1], [json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[2:]])
