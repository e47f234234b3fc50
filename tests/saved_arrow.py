"""Tables saved in every form that Arrow has, for the tests of their reader."""

import pyarrow as pa
import pyarrow.parquet

FORMATS = ["parquet", "arrow file", "arrow stream", "compressed arrow file", "compressed arrow stream"]
LISTS = {
    "list": lambda kind, size: pa.list_(kind),
    "large_list": lambda kind, size: pa.large_list(kind),
    "fixed_size_list": pa.list_,
}


def save(path, table, kind="parquet", group=4):
    """Write a table in row groups of `group` rows and return the path as text."""
    if kind == "parquet":
        pa.parquet.write_table(table, path, row_group_size=group)
        return str(path)
    options = pa.ipc.IpcWriteOptions(compression="zstd" if kind.startswith("compressed") else None)
    opener = pa.ipc.new_file if kind.endswith("file") else pa.ipc.new_stream
    with pa.OSFile(str(path), "wb") as sink, opener(sink, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=group)
    return str(path)


def column(values, kind, name="emb", **others):
    return pa.table({name: pa.array(values, kind), **others})
