"""The same bytes every time."""

import numpy as np
import torch
from threadpoolctl import threadpool_limits

import simtool


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(tmp_path):
    paths = []
    wide = np.random.default_rng(2).standard_normal((300, 96)).astype(np.float32)
    for seed, threads in ((0, 1), (0, 2), (1, 1)):
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        paths.append(tmp_path / f"{seed}-{threads}.safetensors")
        given = {"labels": np.arange(300) % 4, "epochs": 2, "seed": seed, "output": str(paths[-1])}
        with threadpool_limits(threads):
            simtool.fit(wide, kind="sup-con", head="low-rank", rank=40, **given)
        torch.set_num_threads(before)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].read_bytes() != paths[2].read_bytes()
