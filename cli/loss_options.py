"""The options that say which loss it is, and with which parameters, for every command that takes one."""

from typing import Annotated, Any

import typer

from .parsing import split_names

MarginOption = Annotated[
    float | None,
    typer.Option("--margin", help="The margin, in units of the loss's metric; `simtool list` has each default."),
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
TemperatureOption = Annotated[
    float | None, typer.Option("--temperature", help="The temperature, in units of the similarity.")
]


def _kind(more: str, **how: Any) -> Any:
    """Return the option that names losses, or one."""
    return typer.Option("--kind", help=f"A loss of `simtool list losses`. {more}", show_default=False, **how)


KindsOption = Annotated[list[str], _kind("Repeatable, or with commas, to compare.", callback=split_names)]
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
