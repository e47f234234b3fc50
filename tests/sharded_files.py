"""One table as a whole file and as several, in each format: the shards of an input."""

import csv
import json
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS, CUTS = 90, (0, 20, 21, 60, 90)


VECTORS = np.random.default_rng(3).standard_normal((ROWS, 5))
IDS = [f"r{row}" for row in range(ROWS)]
COLUMNS = {
    "id": IDS,
    "text": [None if row % 6 == 0 else f"t {row}" for row in range(ROWS)],
    # in the first file text that looks like integers, in the last one integers beyond none
    "mixed": [str(row) if row < 60 else f"x{row}" for row in range(ROWS)],
    "number": [row if row < 60 else row + 0.5 for row in range(ROWS)],
}


def write(path, rows):
    part = {name: values[rows.start : rows.stop] for name, values in COLUMNS.items()}
    vectors = VECTORS[rows.start : rows.stop]
    records = [dict(zip(part, row, strict=True)) for row in zip(*part.values(), strict=True)]
    match path.suffix:
        case ".parquet" | ".arrow":
            lists = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 5)
            table = pa.table({**part, "number": pa.array(part["number"], pa.float64()), "v": lists})
            if path.suffix == ".parquet":
                pq.write_table(table, path, row_group_size=7)
            else:
                with pa.ipc.new_file(path, table.schema) as writer:
                    writer.write_table(table, max_chunksize=9)
        case ".jsonl":
            lines = [json.dumps({**record, "v": row.tolist()}) for record, row in zip(records, vectors, strict=True)]
            path.write_text("".join(f"{line}\n" for line in lines))
        case ".csv":
            with path.open("w", newline="", encoding="utf-8") as file:
                cells = csv.writer(file)
                cells.writerow([*part, *(f"v{number}" for number in range(5))])
                cells.writerows([*r.values(), *row.tolist()] for r, row in zip(records, vectors, strict=True))
        case ".npz":
            np.savez(path, id=np.asarray(part["id"]), v=vectors)
        case _:
            np.save(path, vectors)


def write_shards(folder):
    """Write `whole.SUFFIX` and, in a folder SUFFIX, the same rows as several files."""
    for suffix in ("parquet", "arrow", "jsonl", "csv", "npz", "npy"):
        write(folder / f"whole.{suffix}", range(ROWS))
        (folder / suffix).mkdir()
        for number, (start, stop) in enumerate(pairwise(CUTS)):
            write(folder / suffix / f"shard-{number}.{suffix}", range(start, stop))
    return folder
