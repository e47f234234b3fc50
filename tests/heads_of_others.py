"""Files of heads that another program wrote."""

import json

import numpy as np


def safetensors(members, weight=("F64", 8), held_out=(), **others):
    """Return a file of a (1, 4) head of another hand: its metadata, and the dtype of its weight with its bytes."""
    name, width = weight
    numbers = np.asarray(held_out, dtype=np.int64).tobytes()
    size = 4 * width
    header = {
        "weight": {"dtype": name, "shape": [1, 4], "data_offsets": [0, size]},
        "held_out": {"dtype": "I64", "shape": [len(held_out)], "data_offsets": [size, size + len(numbers)]},
        "__metadata__": {"simtool": members if isinstance(members, str) else json.dumps(members)},
        **others,
    }
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(size) + numbers
