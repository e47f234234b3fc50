"""What a work folder is for: the operation, its parameters, and the inputs as they were."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Self

from .. import __version__
from ..delivery import watched
from ..errors import DataError, OutputError, ParameterError
from .folder import WorkFolder

MANIFEST = "manifest.json"
WORDS = {"size": "size", "modified": "time of change", "digest": "content"}
STATED = ("simtool", "operation", "parameters", "beside", "inputs", "place")


@dataclass
class Manifest:
    """What is computed.

    Args:
        parameters: by name; those that are None are left out.
        beside: parameters that no block depends on, of the first run.
        inputs: name -> size, time and digest.
        place: the folder in which paths of inputs begin.
        simtool: the version that computes the blocks.
        is_new: whether no run has written it yet.
    """

    operation: str
    parameters: dict[str, Any]
    beside: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    place: str = field(default_factory=os.getcwd)
    simtool: str = __version__
    is_new: bool = True

    @classmethod
    def read(cls, folder: WorkFolder) -> Self | None:
        """Return what a folder is for; None where no run has begun.

        Raises:
            DataError: it is damaged, or of another version.
        """
        data = folder.read(MANIFEST)
        if data is None:
            return None
        try:
            stated = json.loads(data)
            inputs = {name: {key: each[key] for key in WORDS} for name, each in stated["inputs"].items()}
            are_tables = all(isinstance(stated[key], dict) for key in ("parameters", "beside"))
            if stated["simtool"] == __version__ and are_tables:
                return cls(**{key: stated[key] for key in STATED} | {"inputs": inputs}, is_new=False)
        except (ValueError, LookupError, TypeError, AttributeError):
            pass
        hint = "name another folder, or remove this one"
        raise DataError(f"{MANIFEST} is damaged, or of another version of simtool", folder.name, hint)

    @classmethod
    def of(cls, folder: WorkFolder, operation: str, parameters: Mapping[str, Any], beside: Mapping[str, Any]) -> Self:
        """Return the manifest of a folder for an operation.

        Raises:
            ParameterError: the folder is for another one.
        """
        wanted, beside = (_plain(each) for each in (parameters, beside))
        found = cls.read(folder)
        if found is None:
            return cls(operation, wanted, beside)
        if found.operation != operation:
            raise _another(folder, f"the folder keeps the work of {found.operation}, and this is {operation}")
        names = sorted(found.parameters.keys() | wanted.keys())
        both = ((name, found.parameters.get(name), wanted.get(name)) for name in names)
        if differing := [f"«{name}» was {_shown(was)} and is {_shown(now)}" for name, was, now in both if was != now]:
            raise _another(folder, f"the folder keeps the work of other parameters: {', '.join(differing)}")
        return found

    def key(self) -> bytes:
        """Return what tells the blocks of this work, of the inputs that are open, from those of any other."""
        inputs = {name: (each.size, each.digest) for name, each in watched().items()}
        stated = [self.simtool, self.operation, self.parameters, inputs]
        return blake2b(json.dumps(stated, sort_keys=True).encode()).digest()

    def check_inputs(self, folder: WorkFolder) -> None:
        """Refuse inputs that are others than those of earlier runs, and note those that are new.

        Raises:
            ParameterError: one is another.
        """
        now = {
            name: {"size": each.size, "modified": each.modified, "digest": each.digest}
            for name, each in watched().items()
        }
        for name in sorted(now.keys() & self.inputs.keys()):
            if differing := [WORDS[key] for key, value in now[name].items() if value != self.inputs[name][key]]:
                what = f"this input is another than the work was begun with: {', '.join(differing)}"
                raise ParameterError(what, name, f"«work» in another folder, or remove {folder.name}")
        if self.is_new or now.keys() - self.inputs.keys():
            self._write(folder, {**self.inputs, **now})

    def _write(self, folder: WorkFolder, inputs: dict[str, dict[str, Any]]) -> None:
        stated = {name: getattr(self, name) for name in STATED} | {"inputs": inputs}
        try:
            folder.write(MANIFEST, json.dumps(stated, indent=1).encode(), force=not self.is_new)
        except OutputError:
            if not self.is_new:
                raise
            other = Manifest.of(
                folder, self.operation, self.parameters, self.beside
            )  # a run that began at the same time
            if other.is_new:
                raise
            self.inputs, self.is_new = other.inputs, False
            self.check_inputs(folder)
            return
        self.inputs, self.is_new = inputs, False


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as JSON has them, without those that are None."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return dict(json.loads(json.dumps(given)))


def _shown(value: Any) -> str:
    return "not given" if value is None else json.dumps(value, ensure_ascii=False)


def _another(folder: WorkFolder, what: str) -> ParameterError:
    return ParameterError(what, folder.name, "«work» in another folder, or remove this one")
