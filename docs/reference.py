"""The reference of the library, made of the docstrings of what is public.

Names such as `simtool.losses.sup_con` are made of the catalogue when they are asked for. What reads source text, as
mkdocstrings does, does not see them, so the pages are made of the objects themselves.
"""

import html
import inspect
import re
from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import simtool
from simtool.catalogue import names

SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises|Source|Example):$", re.MULTILINE)
ITEM = re.compile(r"^(\*{0,2}[\w, *`.]+): ", re.MULTILINE)
ABOUT = {
    "functions": "What `import simtool` offers. Every command is a function of the same name.",
    "metrics": "`simtool.metrics.NAME(x, y)`: aligned vectors of numpy or torch, differentiable.",
    "losses": "`simtool.losses.NAME(...)`: embeddings, to train with. The names of other libraries stand in the "
    "[guide](../guides/training.md#names-of-other-libraries).",
    "aggregates": "`simtool.aggregates.NAME(a, b)`: two sets down to one number.",
    "modules": "`simtool.nn`: losses and metrics as modules of torch.",
}


def reference_pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page."""
    for page, about in ABOUT.items():
        entries = "".join(_entry(f"simtool.{name}", value) for name, value in sorted(_public(page)))
        yield page, f"# {page.capitalize()}\n\n{about}\n\n{entries}"


def _public(page: str) -> Iterator[tuple[str, Any]]:
    """Yield the names of a page, as they stand behind `simtool.`, and their objects."""
    if page == "functions":
        rooms = ("__version__", "aggregates", "losses", "metrics", "nn")
        yield from ((name, getattr(simtool, name)) for name in dir(simtool) if name not in rooms)
    elif page == "modules":
        yield from ((f"nn.{name}", getattr(simtool.nn, name)) for name in ("Loss", "Similarity"))
    else:
        room, kind = getattr(simtool, page), {"losses": "loss"}.get(page, page[:-1])
        for name in names(kind):
            spelt = name.replace("-", "_")
            yield f"{page}.{spelt}", getattr(room, spelt)


def _entry(name: str, value: Any) -> str:
    """Return a heading, the signature and the docstring of one public name."""
    called = f"{name}{_signature(value)}" if callable(value) else name
    text = inspect.getdoc(value if inspect.isroutine(value) or inspect.isclass(value) else type(value)) or ""
    members = "".join(_members(value)) if inspect.isclass(value) else ""
    return f"## {name} {{ #{name} }}\n\n```python\n{called}\n```\n\n{_markdown(text)}\n{members}"


def _members(value: type) -> Iterator[str]:
    """Yield the public methods and properties of a class with the first line of each docstring."""
    for name, member in sorted(vars(value).items()):
        if name.startswith("_") or not (inspect.isroutine(member) or isinstance(member, property | classmethod)):
            continue
        called = name if isinstance(member, property) else f"{name}{_signature(getattr(value, name))}"
        yield f"- `.{called.replace('(self, ', '(').replace('(self)', '()')}`: {_escaped(_summary(member))}\n"
    yield "\n"


def _summary(member: Any) -> str:
    return (inspect.getdoc(member) or "").partition("\n")[0]


class _Default:
    """Stands for a default that is no plain value."""

    def __repr__(self) -> str:
        return "..."


def _signature(value: Any) -> str:
    """Return the parameters with their defaults; types stand in the text, with shapes and ranges."""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    parameters = [each.replace(annotation=inspect.Parameter.empty) for each in found.parameters.values()]
    plain = (bool, int, float, str, tuple, type(None), type)  # the repr of another default names machines and modules
    parameters = [each if isinstance(each.default, plain) else each.replace(default=_Default()) for each in parameters]
    return str(found.replace(parameters=parameters, return_annotation=inspect.Signature.empty))


def _markdown(text: str) -> str:
    """Return a docstring as Markdown: sections as lists, formulas and examples as code."""
    first, *rest = SECTION.split(text)
    parts = [_prose(first)]
    for title, section in zip(rest[::2], rest[1::2], strict=True):
        body = dedent(section).strip("\n")
        shown = {"Example": f"```python\n{body}\n```"}.get(title) or _listed(body)
        parts.append(f"**{title}**\n\n{shown}")
    return "\n\n".join(parts) + "\n"


def _prose(text: str) -> str:
    """Return paragraphs, with the lines after `::` as code."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        code = paragraph.startswith("    ")
        found.append(f"```text\n{dedent(paragraph)}\n```" if code else _escaped(re.sub(r"::$", ":", paragraph)))
    return "\n\n".join(found)


def _listed(body: str) -> str:
    """Return the parameters of a section as a list; text without any as it is."""
    joined = re.sub(r"\n +", " ", body)
    lines = [ITEM.sub(r"`\1`: ", line) for line in joined.splitlines()]
    items = [f"- {_escaped(line)}" for line in lines if line]
    return "\n".join(items) if ITEM.match(joined) else _escaped(joined)


def _escaped(text: str) -> str:
    """Return text whose marks are no HTML and no emphasis, but for code."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(
        piece if piece.startswith("`") else html.escape(piece, quote=False).replace("*", "\\*").replace("_", "\\_")
        for piece in pieces
    )
