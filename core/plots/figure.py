"""The figure that is handed back: it shows itself in a notebook, whether or not pyplot was ever imported."""

from io import BytesIO

from matplotlib.figure import Figure


class Plot(Figure):
    """A matplotlib figure that no list of open figures holds."""

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=100)
        return buffer.getvalue()
