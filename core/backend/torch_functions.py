"""Steps of the losses with their gradients, in fewer passes than torch's own record of each operation takes.

Imported only where arrays are torch's. Gradients of gradients are those of the formulas.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from .aligned_rows import widened_dots
from .gradients import Pull


class RowDots(torch.autograd.Function):
    """The dot products xy, xx and yy of aligned (n, d) float32 rows, summed up in float64."""

    @staticmethod
    def forward(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the (n,) float64 dot products."""
        if x.device.type == "cpu" and x.ndim == 2 and x.shape == y.shape and x.numel():
            return torch.from_numpy(widened_dots(x.numpy(), y.numpy())).unbind(0)
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


class PartnerLoss(torch.autograd.Function):
    """The (r,) log(1 + the sum over all but the partner of exp(logit - the partner's)) of each row of logits.

    Beside it stand what the gradient is made of: the (r, m) shares of that sum, the (r,) sum and its log less the
    partner's logit.
    """

    @staticmethod
    def forward(logits: torch.Tensor, partners: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the losses, the shares, the sums and their leads; what is made on the way is written to in place."""
        shares = logits.scatter(1, partners[:, None], -torch.inf)
        top = shares.amax(dim=1, keepdim=True)
        top.masked_fill_(~top.isfinite(), 0.0)
        total = shares.sub_(top).exp_().sum(dim=1)
        lead = total.log() + top[:, 0] - logits.gather(1, partners[:, None])[:, 0]
        return torch.logaddexp(lead, torch.zeros_like(lead)), shares, total, lead

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[torch.Tensor, ...], output: tuple[torch.Tensor, ...]) -> None:
        """Keep all but the losses; it goes with the graph."""
        ctx.mark_non_differentiable(*output[1:])
        ctx.save_for_backward(*inputs, *output[1:])

    @staticmethod
    def backward(ctx: Any, slopes: torch.Tensor, *_: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Return the share of each logit, less their sum at the partner; by the formula where it is derived again."""
        logits, partners, shares, total, lead = ctx.saved_tensors
        places = partners[:, None]
        if not torch.is_grad_enabled():
            pulled = slopes * lead.sigmoid()
            found = shares * torch.where(total == 0, 0.0, pulled / total)[:, None]
            return found.scatter_(1, places, -pulled[:, None]), None
        members = torch.ones_like(logits, dtype=torch.bool).scatter(1, places, False)
        others = MaskedLogSumExp.apply(logits, members)[0]  # type: ignore[no-untyped-call]
        pulled = slopes * (others - logits.gather(1, places)[:, 0]).sigmoid()
        apart = torch.where(members, logits - others[:, None], -torch.inf)
        return (pulled[:, None] * apart.exp()).scatter(1, places, -pulled[:, None]), None


class Computed(torch.autograd.Function):
    """A loss of aligned (n, d) float32 rows that was computed beside torch, with what its gradient is made of."""

    @staticmethod
    def forward(ctx: Any, value: Any, pulls: Sequence[Pull], again: Any, *sides: torch.Tensor) -> torch.Tensor:
        """Return the value, or (n,) values, as a float32 tensor."""
        ctx.pulls, ctx.again = pulls, again
        ctx.save_for_backward(*sides)
        return torch.from_numpy(np.asarray(value, dtype=np.float32))

    @staticmethod
    def backward(ctx: Any, slopes: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradient of each side; of what torch records itself, where it is derived again."""
        sides, needed = ctx.saved_tensors, ctx.needs_input_grad[3:]
        derive = _derived_again if torch.is_grad_enabled() else _pulled
        return None, None, None, *derive(ctx, slopes, sides, needed)


Gradients = list[torch.Tensor | None]


def _derived_again(ctx: Any, slopes: torch.Tensor, sides: Sequence[torch.Tensor], needed: Sequence[bool]) -> Gradients:
    """Return gradients that have gradients themselves."""
    leaves = [side.view_as(side) for side in sides]  # a side may be there twice
    wanted = [leaf for leaf, needs in zip(leaves, needed, strict=True) if needs]
    found = iter(torch.autograd.grad(ctx.again(*leaves), wanted, slopes, create_graph=True))
    return [next(found) if needs else None for needs in needed]


def _pulled(ctx: Any, slopes: torch.Tensor, sides: Sequence[torch.Tensor], needed: Sequence[bool]) -> Gradients:
    """Return the gradients by what they are made of."""
    found: Gradients = [None] * len(sides)
    for (left, right), pull in ctx.pulls:
        x, y = sides[left], sides[right]
        scales = (torch.from_numpy(pull) * slopes)[..., None].unbind(0)
        if len(scales) == 1:
            apart = (x - y).mul_(scales[0])
            both = apart, -apart
        else:
            across, of_x, of_y = scales
            both = (y * across).addcmul_(x, of_x), (x * across).addcmul_(y, of_y)
        for place, part in zip((left, right), both, strict=True):
            if needed[place]:
                held = found[place]
                found[place] = part if held is None else held.add_(part)
    return found
