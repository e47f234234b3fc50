"""Rows that lie far away, and what is written there."""

from pathlib import Path

import numpy as np

from simtool.io import replacing

BLOCK = 1 << 12
ROWS = np.random.default_rng(0).normal(size=(3000, 8)).astype(np.float32)  # 96 kB
IDS = [f"a{row}" for row in range(len(ROWS))]


def keys(client) -> set[str]:
    return {each["Key"] for each in client.list_objects_v2(Bucket="bucket").get("Contents", [])}


def written(address: str, content: bytes, *, force: bool = False) -> None:
    with replacing(address, force=force) as temporary:
        Path(temporary).write_bytes(content)
