"""Where what does not fit goes as it comes."""

from collections.abc import Callable

from .records import Column

GradientSink = Callable[[int, list[Column]], None]  # the first row, and (rows, d) gradients per input
