"""`simtool leak`."""

from typing import Annotated, Any

import typer

from simtool.catalogue import DEVICE

from .. import options
from ..long_run_options import DeviceNameOption, DryRunOption
from ..selecting import selecting


@selecting("train", "test", apart=["train", "test"], keeps=True)
def leak(
    train: Annotated[
        str, typer.Argument(metavar="TRAIN", help=f"Vectors of the training set: {options.SOURCE}.", show_default=False)
    ],
    test: Annotated[
        str, typer.Argument(metavar="TEST", help="Vectors of the test set, as of TRAIN.", show_default=False)
    ],
    threshold: options.ThresholdOption = None,
    sweep: options.SweepOption = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="::NAME",
            help="The column of labels of both.  [default: one that is called so]",
            show_default=False,
        ),
    ] = None,
    output: options.KeptRowsOption = None,
    metric: options.MetricOption = "cosine",
    param: options.MetricParamOption = None,
    eps: options.EpsOption = options.EPS,
    ids_train: Annotated[
        str | None, typer.Option("--ids-train", metavar="SOURCE", help="Ids of TRAIN: a column, or a file.")
    ] = None,
    ids_test: Annotated[
        str | None, typer.Option("--ids-test", metavar="SOURCE", help="Ids of TEST: a column, or a file.")
    ] = None,
    nonfinite: options.NonfiniteOption = "error",
    max_memory: options.MaxMemoryOption = None,
    header: options.HeaderOption = "auto",
    input_format: options.InputFormatOption = None,
    format: options.FormatOption = None,
    force: options.ForceOption = False,
    gates: options.AssertOption = None,
    quiet: options.QuietOption = False,
    top: options.TopOption = None,
    escape_formulas: options.EscapeFormulasOption = False,
    device: options.DeviceOption = "cpu",
    backend: options.BackendOption = "auto",
    dry_run: DryRunOption = False,
    device_name: DeviceNameOption = DEVICE,
) -> None:
    """Find rows of a test set that have a near-duplicate in the training set.

    Examples:

        simtool leak sample_data/wordsim_a.npy sample_data/wordsim_b.npy \\
            --threshold 0.9
        simtool leak sample_data/words.parquet sample_data/wordsim353.parquet::b \\
            --threshold 0.9 -o clean.parquet
        simtool leak sample_data/digits.parquet sample_data/digits.parquet \\
            --where-train "label < 5" --where-test "label >= 5" --threshold 0.95
        simtool leak sample_data/wordsim_a.npy sample_data/wordsim_b.npy \\
            --sweep threshold=0.6:0.9:0.1

    The table lists the leaked rows, worst first, with the closest row of TRAIN. --assert 'leaked == 0' is a gate for
    CI, and -o writes the rows of TEST that are left. Where both have labels, those that disagree are counted.
    """
    import simtool

    from ..parsing import parse_parameters, parse_threshold
    from ..session import Session

    inputs = [train, test, ids_train, ids_test]
    how: dict[str, Any] = {"force": force, "escape_formulas": escape_formulas}
    session = Session.open(
        None,
        format,
        gates,
        quiet=quiet,
        inputs=inputs,
        has_array=False,
        writes_listing=False,
        limit=top,
        dry_run=dry_run,
        **how,
    )
    reading: dict[str, Any] = {"ids_train": ids_train, "ids_test": ids_test, "header": header, "nonfinite": nonfinite}
    with session.progress() as progress:
        result = simtool.leak(
            train,
            test,
            threshold=None if threshold is None else parse_threshold(threshold),
            sweep=sweep,
            labels=labels,
            output=output,
            metric=metric,
            parameters=parse_parameters(param or []),
            eps=eps,
            max_memory=max_memory,
            device=device,
            backend=backend,
            progress=progress,
            require_keys=session.keys,
            dry_run=dry_run,
            device_name=device_name,
            **reading,
            **how,
        )
    session.deliver(result)
