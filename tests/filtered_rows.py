"""A table, and the numbers of its rows that a condition holds of."""

import pyarrow as pa

from simtool.io.row_conditions import plain
from simtool.io.where import read_condition

TABLE = pa.table(
    {
        "lang": ["en", "de", None, "it's", "", "EN"],
        "year": pa.array([2020, 2021, None, -1, 0, 2**53 + 1], pa.int64()),
        "score": pa.array([0.5, None, 1.5, float("inf"), -2.0, 0.1]),
        "odd name": ["a", "b", "c", "d", "e", "f"],
        "select": [1, 2, 3, 4, 5, 6],
    }
)


def rows(text, table=TABLE):
    types = {name: plain(kind) for name, kind in zip(table.column_names, table.schema.types, strict=True)}
    condition, table = read_condition(text, types, "t.parquet"), table.cast(pa.schema(list(types.items())))
    number = pa.array(range(len(table)))
    return table.append_column("#", number).filter(condition.holds(table))["#"].to_pylist()
