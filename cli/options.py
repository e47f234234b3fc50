"""Every argument and option that two commands share."""

from typing import Annotated, Any

import typer

from simtool.catalogue import DEVICES, names

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
    typer.Option("--ids-a", metavar="SOURCE", help="Ids of A: a file, one per row, or `::NAME`, a column of A."),
]
JoinOption = Annotated[
    str, typer.Option("--join", help="What belongs together: `row` i with row i, or rows of the same `id`.")
]
IdsBOption = Annotated[
    str | None,
    typer.Option("--ids-b", metavar="SOURCE", help="Ids of B: a file, one per row, or `::NAME`, a column of B."),
]
WhereOption = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="CONDITION",
        help="Only rows (of A, or of all inputs whose rows belong together) for which it holds: `lang = 'en'`.",
        show_default=False,
    ),
]
WhereBOption = Annotated[
    str | None,
    typer.Option("--where-b", metavar="CONDITION", help="--where for the rows of B.", show_default=False),
]
RowsOption = Annotated[
    str | None,
    typer.Option(
        "--rows",
        metavar="START:STOP",
        help="Only rows from START, counted from 0, up to but without STOP: `0:1000`.",
        show_default=False,
    ),
]
RowsBOption = Annotated[
    str | None, typer.Option("--rows-b", metavar="START:STOP", help="--rows for B.", show_default=False)
]
SampleOption = Annotated[
    int | None,
    typer.Option("--sample", metavar="N", help="Only N rows at random, the same for the same --seed."),
]
SampleBOption = Annotated[
    int | None, typer.Option("--sample-b", metavar="N", help="--sample for B.", show_default=False)
]
ColumnsOption = Annotated[
    list[str] | None,
    typer.Option("--columns", metavar="PATTERN", help="Columns that make the vectors: `dim_*`. Repeatable."),
]
ColumnsAOption = Annotated[
    list[str] | None,
    typer.Option("--columns-a", metavar="PATTERN", help="Columns of A that make its vectors: `dim_*`. Repeatable."),
]
ColumnsBOption = Annotated[
    list[str] | None,
    typer.Option("--columns-b", metavar="PATTERN", help="Columns of B that make its vectors: `dim_*`. Repeatable."),
]
QueryOption = Annotated[
    list[str] | None,
    typer.Option("--query", metavar="ID", help="Only this row of A as a query; without B, among all of A. Repeatable."),
]
KeepColumnsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keep-columns",
        metavar="NAME[,NAME...]",
        help="Columns to list too: of A and B as text_a and text_b, of one table as text.",
    ),
]

MarginOption = Annotated[
    float | None,
    typer.Option("--margin", help="The margin, in units of the loss's metric; `simtool list` has each default."),
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
ReportOption = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="PATH",
        help="Write a report too: .html (a page), .md, .json or .xml (JUnit: each gate a test case). Repeatable.",
        show_default=False,
    ),
]
BaselineOption = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="PATH",
        help="Show how far the numbers moved since an earlier run: its .json, .html or .parquet. A gate on it is "
        "`delta.KEY OP NUMBER`.",
        show_default=False,
    ),
]
GithubSummaryOption = Annotated[
    bool,
    typer.Option(
        "--github-summary", help="In GitHub Actions: add the result to the job's summary, and annotate failed gates."
    ),
]
WorkOption = Annotated[
    str | None,
    typer.Option(
        "--work",
        metavar="DIR",
        help="Keep finished blocks in this folder, or s3://...: the same command goes on where it was stopped.",
        show_default=False,
    ),
]
ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="I/N",
        help="With --work: compute only part I of N, counted from 1, and write no output; `simtool merge` does.",
        show_default=False,
    ),
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ray[://ADDRESS]",
        help="Share the blocks out to Ray: one that is started here, or that of a head.",
        show_default=False,
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        help="With --cluster: how many.  [default: one for each CPU, or GPU with --device cuda]",
        show_default=False,
    ),
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
VerboseOption = Annotated[
    bool, typer.Option("--verbose", help="Say on stderr what was chosen and why, and how long each phase took.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No notes and no progress on stderr.")]
DeviceOption = Annotated[
    str,
    typer.Option(
        "--device", envvar="SIMTOOL_DEVICE", help="Where to compute: cpu, cuda (every GPU), cuda:N (one) or auto."
    ),
]
BackendOption = Annotated[str, typer.Option("--backend", help="What computes: auto, numpy or torch.")]
DryRunOption = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Tell what it would take instead of doing it: operations, bytes, memory, tasks and time."
    ),
]
DeviceNameOption = Annotated[
    str, typer.Option("--device-name", help=f"The GPU that --dry-run tells GPU-hours of: {', '.join(DEVICES)}.")
]
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
        help="One per pair, triplet or row: 0/1, false/true or -1/1, a score, or a class. Or `::NAME`, a column.",
        show_default=False,
    ),
]
IdsOption = Annotated[
    str | None,
    typer.Option(
        "--ids",
        metavar="SOURCE",
        help="Ids of VECTORS: a file, one per row, or `::NAME`, a column.",
        show_default=False,
    ),
]
ExamplesOption = Annotated[
    str | None,
    typer.Option(
        "--examples",
        metavar="TABLE",
        help="Columns anchor, positive, negative, or a, b, with ids of VECTORS, as `mine -o` writes them; of two files "
        "the first has the anchors.",
        show_default=False,
    ),
]
CorpusOption = Annotated[
    str | None,
    typer.Option(
        "--corpus", metavar="SOURCE", help="Vectors that each query is compared with, with ids.", show_default=False
    ),
]
TemperatureOption = Annotated[
    float | None, typer.Option("--temperature", help="The temperature, in units of the similarity.")
]


def _kind(more: str) -> Any:
    """Return the option that names losses, or one."""
    return typer.Option("--kind", help=f"A loss of `simtool list losses`. {more}", show_default=False)


KindsOption = Annotated[list[str], _kind("Repeatable, to compare.")]
KindOption = Annotated[str | None, _kind("A whiten head needs none.")]
ScaleOption = Annotated[float | None, typer.Option("--scale", help="The scale of the similarity.")]
LossParamOption = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="NAME=VALUE", help="Any other parameter of the loss. Repeatable."),
]
VariantOption = Annotated[
    str | None,
    typer.Option("--variant", help="The loss as another library computes it: torch, sbert, pml, hadsell, ..."),
]
DistanceOption = Annotated[
    str | None, typer.Option("--distance", help="The metric to compute it on; `simtool list KIND` has the choices.")
]
