"""Every argument and option that two commands share."""

from typing import Annotated

import typer

from simtool.catalogue import names

FORMATS = ("table", "json", "jsonl", "csv", "markdown", "npy", "parquet", "arrow")
EPS = 1e-8  # what a cosine divides by at least
SOURCE = "`PATH`, `PATH::NAME` for a column or member, or `-` for stdin"

AArgument = Annotated[str, typer.Argument(metavar="A", help=f"Vectors: {SOURCE}.", show_default=False)]
SourcesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="IN...",
        help=f"Vectors: {SOURCE}; or a pattern, a folder or `@LIST`. Several are one input.",
        show_default=False,
    ),
]
BArgument = Annotated[str, typer.Argument(metavar="B", help=f"Vectors: {SOURCE}.", show_default=False)]

VectorsArgument = Annotated[str, typer.Argument(metavar="VECTORS", help=f"Vectors: {SOURCE}.", show_default=False)]

ThresholdOption = Annotated[
    str | None,
    typer.Option(
        "--threshold",
        metavar="NUMBER",
        help="Pairs are close at this similarity or above, or distance or below; or one that "
        "`evaluate --thresholds-out` wrote: `@PATH` for best_f1, or `@PATH:NAME`.",
        show_default=False,
    ),
]
SweepOption = Annotated[
    list[str] | None,
    typer.Option(
        "--sweep",
        metavar="NAME=V,V,V",
        help="A row for each value of a parameter, such as a margin or the threshold, also as NAME=FROM:TO:STEP; in "
        "`evaluate` of `truncate` and `quantize`, repeatable.",
        show_default=False,
    ),
]
KeptRowsOption = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="Write the rows that are left, with all their columns; the suffix says the format.",
        show_default=False,
    ),
]

MetricOption = Annotated[str, typer.Option("--metric", help=f"{', '.join(names('metric'))}.")]
MetricParamOption = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="NAME=VALUE", help="A parameter of the metric. Repeatable.", show_default=False),
]
EpsOption = Annotated[float, typer.Option("--eps", help="The least norm that a cosine divides by.")]
IdsAOption = Annotated[
    str | None,
    typer.Option("--ids-a", metavar="SOURCE", help="Ids of A: a column of A, or a file, one per row."),
]
JoinOption = Annotated[
    str, typer.Option("--join", help="What belongs together: `row` i with row i, or rows of the same `id`.")
]
IdsBOption = Annotated[
    str | None,
    typer.Option("--ids-b", metavar="SOURCE", help="Ids of B: a column of B, or a file, one per row."),
]

NonfiniteOption = Annotated[
    str,
    typer.Option(
        "--nonfinite", help="Rows with NaN, infinity or null: `error`, `propagate` them as NaN, or `drop` them."
    ),
]

FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        help=f"What stdout carries: {', '.join(FORMATS)}.  [default: table]",
        show_default=False,
    ),
]
OutputOption = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="PATH", help="Write a file; its suffix says the format.", show_default=False
    ),
]
PlotOption = Annotated[
    str | None,
    typer.Option("--plot", metavar="PATH", help="Draw a picture: .png, .svg or .pdf.", show_default=False),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace an output file that exists.")]
AssertOption = Annotated[
    list[str] | None,
    typer.Option(
        "--assert",
        metavar="GATE",
        help="Exit with 1 unless `KEY OP NUMBER` holds, as in `mean >= 0.9`; `--format json` shows the keys, under "
        "summary. Repeatable.",
        show_default=False,
    ),
]


def _with_room(size: str | None) -> str | None:
    """Refuse to start where the libraries would not find addresses: some of them end the process without a word."""
    from simtool.io import prepare_address_space

    prepare_address_space()
    return size


MaxMemoryOption = Annotated[
    str | None,
    typer.Option(
        "--max-memory",
        metavar="SIZE",
        callback=_with_room,
        help="Bytes to use beyond the interpreter: 512M, 4G, 50%.  [default: a quarter of what is free]",
        show_default=False,
    ),
]
HeaderOption = Annotated[
    str,
    typer.Option(
        "--header",
        metavar="yes|no|auto",
        help="Whether the first line of a CSV names its columns; `auto` tells by what it holds.",
    ),
]


def _of_inputs(name: str | None) -> str | None:
    """Tell the readers which format an input has that does not tell it by itself."""
    from simtool.io import assume

    return assume(name)


InputFormatOption = Annotated[
    str | None,
    typer.Option(
        "--input-format",
        metavar="NAME",
        callback=_of_inputs,
        help="The format of inputs that do not show it, such as a pipe: fbin, fvecs, glove, word2vec, csv, ...",
        show_default=False,
    ),
]
TruncateOption = Annotated[
    int | None,
    typer.Option(
        "--truncate",
        metavar="N",
        help="Only the first N numbers of every row, as of a Matryoshka model; they are compared as unit vectors.",
        show_default=False,
    ),
]
QuantizeOption = Annotated[
    str | None,
    typer.Option(
        "--quantize",
        metavar="PRECISION",
        help="Vectors in float32, float16, int8, uint8, binary or ubinary, as sentence-transformers quantizes; "
        "bits are compared by hamming.",
        show_default=False,
    ),
]
EscapeFormulasOption = Annotated[
    bool,
    typer.Option(
        "--escape-formulas",
        help="In CSV output, put ' before text that a spreadsheet would run: = + - @, tab or carriage return first.",
    ),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No notes and no progress on stderr.")]
DeviceOption = Annotated[
    str,
    typer.Option(
        "--device", envvar="SIMTOOL_DEVICE", help="Where to compute: cpu, cuda (every GPU), cuda:N (one) or auto."
    ),
]
BackendOption = Annotated[str, typer.Option("--backend", help="What computes: auto, numpy or torch.")]
NonfiniteDropOption = Annotated[
    str, typer.Option("--nonfinite", help="Rows with NaN, infinity or null: `error`, or `drop` them.")
]
NonfinitePropagateOption = Annotated[
    str, typer.Option("--nonfinite", help="Rows with NaN, infinity or null: `error`, or `propagate` them as NaN.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of everything random.")]
ShuffleOption = Annotated[bool, typer.Option("--shuffle", help="Take the rows in a random order.")]
BootstrapOption = Annotated[
    int | None,
    typer.Option(
        "--bootstrap",
        metavar="N",
        help="Intervals of 95 % from N resamples.  [default: none; to compare two models 1000]",
        show_default=False,
    ),
]
TopOption = Annotated[
    int | None,
    typer.Option(
        "--top",
        metavar="N",
        help="List only N rows: of a table; in every format of losses the largest, of matches the best and the worst.  "
        "[default: 20 in a table]",
        show_default=False,
    ),
]
LabelsOption = Annotated[
    str | None,
    typer.Option(
        "--labels",
        metavar="SOURCE",
        help="A column, or a file of one per pair, triplet or row: 0/1, false/true or -1/1, a score, or a class.",
        show_default=False,
    ),
]
IdsOption = Annotated[
    str | None,
    typer.Option(
        "--ids",
        metavar="SOURCE",
        help="Ids of VECTORS: a column, or a file, one per row.",
        show_default=False,
    ),
]
CorpusOption = Annotated[
    str | None,
    typer.Option(
        "--corpus", metavar="SOURCE", help="Vectors that each query is compared with, with ids.", show_default=False
    ),
]
