"""Steps of the losses with their gradients, in fewer passes than torch's own record of each operation takes.

Imported only where arrays are torch's. Gradients of gradients are those of the formulas.
"""

from typing import Any

import numpy as np
import torch

PART = 1 << 17  # numbers of one side: both widened stay in the processor's cache


class RowDots(torch.autograd.Function):
    """The dot products xy, xx and yy of aligned (n, d) float32 rows, summed up in float64."""

    @staticmethod
    def forward(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the (n,) float64 dot products."""
        if x.device.type == "cpu" and x.ndim == 2 and x.shape == y.shape and x.numel():
            return _widened_dots(x, y)
        return tuple(torch.sum(one * other, dim=-1, dtype=torch.float64) for one, other in ((x, y), (x, x), (y, y)))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[torch.Tensor, ...], output: tuple[torch.Tensor, ...]) -> None:
        """Keep both sides."""
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *slopes: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradients of both rows, each a sum of two scaled rows."""
        x, y = ctx.saved_tensors
        xy, xx, yy = (slope.to(x.dtype)[..., None] for slope in slopes)
        pulls = (y, xy, x, 2 * xx), (x, xy, y, 2 * yy)
        needed = zip(ctx.needs_input_grad, pulls, strict=True)
        return tuple((a * b).addcmul_(c, d) if needs else None for needs, (a, b, c, d) in needed)


class MaskedLogSumExp(torch.autograd.Function):
    """The (r,) log of the sum over the members of each row of exp(value); -inf, with gradient 0, without any.

    Beside it stand what the gradient is made of: the (r, n) shares of that sum, and the (r,) sum.
    """

    @staticmethod
    def forward(values: torch.Tensor, members: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the logs, the shares and the sums; what is made on the way is written to in place."""
        shares = values.masked_fill(~members, -torch.inf)
        top = shares.amax(dim=1, keepdim=True)
        top.masked_fill_(~top.isfinite(), 0.0)
        total = shares.sub_(top).exp_().sum(dim=1)
        return total.log() + top[:, 0], shares, total

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[torch.Tensor, ...], output: tuple[torch.Tensor, ...]) -> None:
        """Keep all of it; it goes with the graph."""
        ctx.mark_non_differentiable(*output[1:])
        ctx.save_for_backward(*inputs, *output)

    @staticmethod
    def backward(ctx: Any, slopes: torch.Tensor, *_: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Return each member's share of its row's sum, times the slope; by the formula where it is derived again."""
        values, members, found, shares, total = ctx.saved_tensors
        if not torch.is_grad_enabled():
            slopes = torch.where(total == 0, 0.0, slopes / total)
            return shares * slopes[:, None], None
        apart = torch.where(members, values - found[:, None], -torch.inf)
        return slopes[:, None] * apart.exp(), None


def _widened_dots(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Return the dot products xy, xx and yy by numpy, some rows at a time: torch would go three times through
    products of all rows."""
    sides, (rows, width) = (x.numpy(), y.numpy()), x.shape
    step = min(rows, max(1, PART // width))
    wide, found = np.empty((2, step, width)), np.empty((3, rows))
    for start in range(0, rows, step):
        stop = min(start + step, rows)
        part = wide[:, : stop - start]
        part[0], part[1] = (side[start:stop] for side in sides)
        for dots, (one, other) in zip(found, ((0, 1), (0, 0), (1, 1)), strict=True):
            np.vecdot(part[one], part[other], out=dots[start:stop])
    return torch.from_numpy(found).unbind(0)
