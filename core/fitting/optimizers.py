"""The optimisers of torch: their learning rates, and what they remember as plain arrays, to go on from."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..backend import Array, Backend, choose_backend
from ..results import Column

OPTIMIZERS = {"sgd": 0.01, "adam": 0.01, "lbfgs": 1.0}  # with their default learning rates


def optimizer_of(name: str, parameters: list[Array], backend: Backend, *, lr: float, weight_decay: float) -> Any:
    """Return an optimiser of torch; L-BFGS has no weight decay of its own."""
    optimizers = backend.xp.optim
    if name == "lbfgs":
        return optimizers.LBFGS(parameters, lr=lr, line_search_fn="strong_wolfe")
    chosen = optimizers.SGD if name == "sgd" else optimizers.Adam
    return chosen(parameters, lr=lr, weight_decay=weight_decay, foreach=False)


def memory_of(optimizer: Any, parameters: list[Array], backend: Backend) -> dict[str, Column]:
    """Return what an optimiser remembers of each parameter as arrays.

    A list of tensors is one with a dim more, under `NAME[]`; a tensor stands under `NAME:`, a number under `NAME`.
    """
    found: dict[str, Column] = {}
    for place, parameter in enumerate(parameters):
        for name, value in optimizer.state[parameter].items():
            if value is None or name == "al":  # which L-BFGS overwrites before it reads it
                continue
            if isinstance(value, list):
                stacked = backend.xp.stack(value) if value else parameter.detach()[:0]
                found[f"{place}.{name}[]"] = backend.get(stacked).copy()
            elif hasattr(value, "detach"):
                found[f"{place}.{name}:"] = backend.get(value).copy()
            else:
                found[f"{place}.{name}"] = np.asarray(value)
    return found


def recall(optimizer: Any, parameters: list[Array], memory: Mapping[str, Column], backend: Backend) -> None:
    """Give an optimiser what `memory_of` returned."""
    for key, array in memory.items():
        place, _, name = key.partition(".")
        state = optimizer.state[parameters[int(place)]]
        if name.endswith("[]"):
            state[name[:-2]] = list(backend.put(array))
        elif name == "step:":  # which Adam counts on the host
            state["step"] = choose_backend("torch").put(array)
        elif name.endswith(":"):
            state[name[:-1]] = backend.put(array)
        else:
            state[name] = array.item()
