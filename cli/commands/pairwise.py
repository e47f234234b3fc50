"""`simtool pairwise`."""

from typing import Annotated

import typer

from ..options import (
    AArgument,
    AssertOption,
    BackendOption,
    DeviceOption,
    EpsOption,
    ForceOption,
    FormatOption,
    IdsAOption,
    IdsBOption,
    MetricOption,
    NonfiniteOption,
    OutputOption,
    QuietOption,
)

KEYS = ("rows", "columns", "mean", "min", "max")


def pairwise(
    a: AArgument,
    b: Annotated[
        str | None, typer.Argument(metavar="B", help="Vectors; without B, A against itself.", show_default=False)
    ] = None,
    top_k: Annotated[
        int | None, typer.Option("--top-k", "-k", help="List the K closest rows of B per row of A.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", help="List all pairs at this similarity or above, or distance or below."),
    ] = None,
    metric: MetricOption = "cosine",
    dim: Annotated[
        int, typer.Option("--dim", help="The dim along which a vector lies; others before the rows are batches.")
    ] = -1,
    exclude_self: Annotated[
        bool | None,
        typer.Option(
            "--exclude-self/--include-self",
            help="Leave out row i with row i.  [default: without B]",
            show_default=False,
        ),
    ] = None,
    precision: Annotated[
        str, typer.Option("--precision", help="Of a full matrix: auto (float32 up to 4096 dims), float32 or float64.")
    ] = "auto",
    eps: EpsOption = 1e-8,
    ids_a: IdsAOption = None,
    ids_b: IdsBOption = None,
    nonfinite: NonfiniteOption = "error",
    format: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    gates: AssertOption = None,
    quiet: QuietOption = False,
    device: DeviceOption = "cpu",
    backend: BackendOption = "auto",
) -> None:
    """Compare every row of A with every row of B.

    Examples:

        simtool pairwise sample_data/words.parquet --top-k 5
        simtool pairwise sample_data/words.parquet --threshold 0.8
        simtool pairwise sample_data/words.parquet -o scores.npy
        simtool pairwise sample_data/wordsim_a.npy sample_data/wordsim_b.npy -k 3

    Without `--top-k` and `--threshold` it is the full matrix: `-o scores.npy` writes it as it comes.
    Without B a threshold lists each pair once.
    """
    import simtool

    from ..matrix import matrix_target
    from ..parsing import check_sides
    from ..session import Session

    check_sides(b, ids_b)
    selection = ("k",) if top_k is not None else ("pairs",) if threshold is not None else ()
    session = Session.open(
        output=output,
        format=format,
        force=force,
        quiet=quiet,
        gates=gates,
        keys=(*KEYS, *selection),
        inputs=[a, b, ids_a, ids_b],
        has_array=not selection,
    )
    nulls = nonfinite != "error"
    with matrix_target(session) as target, session.progress() as progress:
        result = simtool.pairwise(
            simtool.open_vectors(a, ids=ids_a, nulls=nulls),
            None if b is None else simtool.open_vectors(b, ids=ids_b, nulls=nulls),
            top_k=top_k,
            threshold=threshold,
            metric=metric,
            eps=eps,
            dim=dim,
            exclude_self=exclude_self,
            precision=precision,
            nonfinite=nonfinite,
            device=device,
            backend=backend,
            into=target.into,
            progress=progress,
        )
    target.rest().deliver(result)
