"""`simtool convert`."""

from typing import Annotated

import typer

from .. import options
from ..selecting import selecting


@selecting("vectors", keeps=True)
def convert(
    vectors: options.SourcesArgument,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help=".npy, .safetensors, .fbin or .fvecs for the vectors alone; .parquet, .arrow, .arrows, .csv or .jsonl "
            "with ids and the columns of --keep-columns.",
            show_default=False,
        ),
    ],
    dtype: Annotated[
        str | None,
        typer.Option(
            "--dtype", help="float16, float32 or float64.  [default: that of the vectors]", show_default=False
        ),
    ] = None,
    truncate: options.TruncateOption = None,
    quantize: options.QuantizeOption = None,
    normalize: Annotated[bool, typer.Option("--normalize", help="Write unit vectors; zero rows stay zero.")] = False,
    shuffle: options.ShuffleOption = False,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            metavar="NAME=SHARE,...",
            help="Write a file for each part: of `train=0.9,test=0.1`, out.npy becomes out-train.npy and out-test.npy. "
            "Rows with one id stay together.",
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="COLUMN", help="Of --split: rows with one value of this column stay together."),
    ] = None,
    seed: options.SeedOption = 0,
    ids: options.IdsOption = None,
    nonfinite: options.NonfiniteOption = "error",
    max_memory: options.MaxMemoryOption = None,
    header: options.HeaderOption = "auto",
    input_format: options.InputFormatOption = None,
    format: options.FormatOption = None,
    force: options.ForceOption = False,
    gates: options.AssertOption = None,
    quiet: options.QuietOption = False,
    escape_formulas: options.EscapeFormulasOption = False,
) -> None:
    """Write vectors in another format, and check what was written.

    Examples:

        simtool convert sample_data/words.parquet -o words.fbin
        simtool convert sample_data/digits.parquet -o digits.csv \\
            --normalize --dtype float16 --keep-columns label
        simtool convert sample_data/words.parquet -o w.npy \\
            --split train=0.9,test=0.1 --shuffle

    Files of any size stream through in bounded memory. A number that leaves the range of the dtype is an error;
    numbers that are rounded are counted.
    """
    import simtool
    from simtool.errors import OutputError
    from simtool.io import ARRAYS

    from ..parsing import parse_split
    from ..session import Session, ineffective

    if output == "-" or format in ARRAYS:
        where = "--output -" if output == "-" else f"--format {format}"
        what = "convert writes files, which it reads back, and a report of them to stdout"
        raise OutputError(
            what, where, "-o FILE.npy: its suffix says the format of the file, --format that of the report"
        )
    session = Session.open(
        None,
        format,
        gates,
        force=force,
        quiet=quiet,
        escape_formulas=escape_formulas,
        inputs=[*vectors, ids],
        has_array=False,
    )
    with session.progress() as progress:
        result = simtool.convert(
            *vectors,
            output=output,
            force=force,
            dtype=dtype,
            truncate=truncate,
            quantize=quantize,
            normalize=normalize,
            shuffle=shuffle,
            split=None if split is None else parse_split(split),
            by=by,
            seed=seed,
            ids=ids,
            max_memory=max_memory,
            nonfinite=nonfinite,
            header=header,
            escape_formulas=escape_formulas,
            progress=progress,
            require_keys=session.keys,
        )
    session.deliver(result, without_effect=ineffective(result, "seed", typed=seed != 0))
