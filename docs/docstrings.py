"""Docstrings and signatures as mkdocstrings takes them."""

import re
from typing import Any

import griffe

ARRAY = "numpy.ndarray[tuple[typing.Any, ...], numpy.dtype[typing.Any]]"


class Docstrings(griffe.Extension):
    """Mends what griffe finds in the objects, which it inspects because the catalogue makes many of them."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Drop what a value says of its type, and name the section of doctests as griffe does."""
        if obj.is_attribute and "property" not in obj.labels:
            obj.docstring = None
        if obj.docstring:
            text = re.sub(r"^Example:$", "Examples:", obj.docstring.value, flags=re.MULTILINE)
            obj.docstring.value = re.sub(r"::$", ":", text, flags=re.MULTILINE)

    def on_function_instance(self, *, func: griffe.Function, **_: Any) -> None:
        """Show no default whose repr names a machine or a module, and the type of arrays as numpy's users write it."""
        for parameter in func.parameters:
            if "<" in str(parameter.default):
                parameter.default = "..."
            if ARRAY in str(parameter.annotation):
                parameter.annotation = str(parameter.annotation).replace(ARRAY, "NDArray")

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Take the signature of `__new__`, and none that a protocol has of `typing`."""
        for name in [name for name, member in cls.members.items() if member.is_alias]:
            cls.del_member(name)
        if "__new__" in cls.members:
            cls.set_member("__init__", cls.members["__new__"])
