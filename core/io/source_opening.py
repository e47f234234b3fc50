"""From a path, an address or `-` to a source, whose format its bytes tell, and its suffix only without them.

Accepted: the formats of the table in `formats`, and one value per line; from a regular file, a folder where the format
is one, a pipe, or standard input, which is held in memory whole. Text may be packed as gzip or zstandard.
Refused: everything else, by name where the first bytes tell (pickle, images, ...); empty input; other folders and
devices; standard input read twice.
Lost: nothing.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from ..addresses import is_address
from ..delivery import watch
from ..errors import DataError, InputNotFoundError, SimtoolError
from ..memory import LEAST_HELD
from ..suggestions import closest, closest_few
from .formats import FORMATS
from .pipes import read_pipe, read_standard_input
from .sniffing import PACKED, fits, recognise
from .source import Source, watch_source

HEAD = 512  # bytes that tell the format


def open_source(path: str, most: int, otherwise: str | None = None) -> Source:
    """Find a file, tell its format, and refuse what cannot be read.

    Args:
        path: or - for standard input.
        most: how many bytes its reader may hold.
        otherwise: the format of a pipe, or of a file that does not tell it.

    Raises:
        InputNotFoundError, DataError, ResourceError: it cannot be read.
    """
    if path == "-":
        return _in_memory(path, read_standard_input(most), most, otherwise)
    if is_address(path):
        return _far_source(path, most, otherwise)
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISFIFO(mode):
            with open(path, "rb") as pipe:
                return _in_memory(path, read_pipe(pipe, path, most), most, otherwise)
        if folder := folder_format(path):
            return Source(path, folder, 0, most)
        if not stat.S_ISREG(mode):
            raise DataError("expected a file, got a device", path)
        with open(path, "rb") as file:
            head, size = file.read(HEAD), os.fstat(file.fileno()).st_size
    except SimtoolError:
        raise
    except FileNotFoundError:
        raise missing_file(path) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputNotFoundError(f"this file cannot be read: {reason}", path) from None
    source = Source(path, "", size, most)
    watch_source(source)
    return _told(source, head, None, otherwise)


def _far_source(address: str, most: int, otherwise: str | None) -> Source:
    """Open a file far away and tell its format."""
    from .far import FarFile

    far = FarFile(address, most)
    source = Source(far.name, "", far.size, most, far=far)
    watch_source(source)
    return _told(source, source.read(0, HEAD), None, otherwise)


@contextmanager
def on_disk(source: str | Source) -> Iterator[str]:
    """Yield the path of a file with the content of an input, for what reads only files; an address is copied."""
    if isinstance(source, str):
        if not is_address(source):
            yield source
            return
        source = open_source(source, LEAST_HELD)
    if source.is_local:
        yield source.name
        return
    from shutil import copyfileobj
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(prefix="simtool-") as file, source.open() as content:
        copyfileobj(content, file, 1 << 20)
        file.flush()
        yield file.name


def _in_memory(name: str, data: bytes, most: int, otherwise: str | None) -> Source:
    """Return the content of a pipe as a source, whose reader may hold what is left."""
    source = Source(name, "", len(data), most - len(data), data)
    watch(lambda: None, name, source.fingerprint())
    return _told(source, data[:HEAD], otherwise, otherwise)


def _told(source: Source, head: bytes, given: str | None, otherwise: str | None) -> Source:
    """Return a source with its format, as it was `given`, or as its bytes and its name tell, and unpacked."""
    given = given or fits(head, source.size, source.name)
    packed = next((codec for magic, codec in PACKED.items() if head.startswith(magic)), None)
    if packed is not None and (given is None or FORMATS[given].is_text):
        from .compressed import Unpacked

        unpacked = Unpacked(source, packed)
        source = replace(source, unpacked=unpacked, size=unpacked.size)
        head = unpacked.read(0, HEAD)
    name = given or recognise(head, source.size, source.name, otherwise)
    if name is None:
        from .text import kind_of

        name = kind_of(source)
    if source.unpacked is not None and not FORMATS[name].is_text:
        what = f"this is {FORMATS[name].title} packed with {packed}: only text is read packed"
        raise DataError(what, source.name, "unpack it, so that it can be read by parts")
    return replace(source, format=name)


def folder_format(path: str) -> str | None:
    """Return the format of which a folder is one input, by what it holds; None for any other path."""
    if not os.path.isdir(path):
        return None
    if os.path.exists(os.path.join(path, "dataset_dict.json")):
        hint = f"name one of them, such as {os.path.join(path, 'train')}"
        raise DataError("this folder holds several splits of a dataset", path, hint)
    formats = (each for each in FORMATS.values() if each.marks)
    return next(
        (each.name for each in formats if all(os.path.exists(os.path.join(path, mark)) for mark in each.marks)), None
    )


def missing_file(path: str) -> InputNotFoundError:
    """Return the error for a path that is not there, with the closest name that is."""
    if not path:
        return InputNotFoundError("no file is named", "", "type PATH, PATH::NAME, or - for stdin")
    if "://" in path:
        schemes = "s3://, gs://, az://, hf:// and https:// are"
        return InputNotFoundError(f"this kind of address is not read; {schemes}", path, "download it first")
    folder, name = os.path.split(path)
    try:
        match = _near(name, os.listdir(folder or "."))
    except OSError:
        return InputNotFoundError(f"no such file: the folder {folder} is not there either", path)
    return InputNotFoundError("no such file", path, f"did you mean {os.path.join(folder, match)}?" if match else "")


def _near(name: str, files: Sequence[str]) -> str:
    """Return the file whose name up to its suffixes is near, of several the one with the closest suffixes, or ""."""
    stems = {file: file.partition(".")[0] for file in files}
    near = closest_few(name.partition(".")[0], filter(None, stems.values()), 1, parts=False)
    alike = [file for file, stem in stems.items() if [stem] == near]
    return closest(name, alike) or min(alike, default="")
