"""A result as a file, as `Result.save` writes it: rows, the JSON document, or the array."""

from typing import TYPE_CHECKING

from ..errors import OutputError
from ..results import in_batches
from .array_writers import ARRAYS, write_array
from .output import check_output, output_format, replacing
from .runs import embedded
from .writers import open_rows

if TYPE_CHECKING:
    from ..results import Result


def save(result: "Result", path: str, *, force: bool) -> None:
    """Write a result in the format of the suffix.

    Raises:
        OutputError: the file may not be written, the suffix is unknown, or there is no array.
    """
    check_output(path, force=force, inputs=())
    file_format = output_format(path)
    if file_format == "markdown":
        raise OutputError("a result is saved as rows, a document or its array", path, "save a .json or a .parquet")
    if file_format in ARRAYS and result.array is None:
        raise OutputError(f"{file_format} holds one array, and this result is a table", path, "save a .parquet")
    with replacing(path, force=force) as temporary:
        if file_format in ARRAYS:
            assert result.array is not None
            with open(temporary, "wb") as file:
                write_array(file, result.array, file_format)
        elif file_format == "json":
            with open(temporary, "w", encoding="utf-8") as text:
                text.writelines(result.document())
        else:
            with open_rows(temporary, file_format) as writer:
                for columns in in_batches(result.table):
                    writer.write(columns)
                writer.describe(embedded(result))
