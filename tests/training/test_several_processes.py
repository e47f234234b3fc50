"""The recipe of the page on training: two processes that gather their batch take the step of one with all of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import simtool

SCRIPT = """
import sys
import torch
from torch.distributed import destroy_process_group, init_process_group
from torch.distributed.nn.functional import all_gather
from torch.nn.parallel import DistributedDataParallel

import simtool

rank, folder, kind = int(sys.argv[1]), sys.argv[2], sys.argv[3]
torch.set_num_threads(1)
init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2)
rows, labels = torch.load(f"{folder}/batch.pt")
model = torch.nn.Linear(6, 4, bias=False).double()
model.load_state_dict(torch.load(f"{folder}/model.pt"))
model, criterion = DistributedDataParallel(model), simtool.nn.Loss(kind)
own = slice(8 * rank, 8 * rank + 8)
embeddings = torch.cat(all_gather(model(rows[own])))
loss = criterion(embeddings, torch.cat(all_gather(labels[own])))
loss.backward()
torch.save((loss.detach(), model.module.weight.grad), f"{folder}/{rank}.pt")
destroy_process_group()
"""


@pytest.mark.parametrize("kind", ["sup-con", "multi-similarity"])
def test_two_processes_take_the_step_of_one(tmp_path, kind):
    torch.manual_seed(3)
    rows, labels = torch.randn(16, 6, dtype=torch.float64), torch.arange(16) % 4
    model = torch.nn.Linear(6, 4, bias=False).double()
    torch.save((rows, labels), tmp_path / "batch.pt")
    torch.save(model.state_dict(), tmp_path / "model.pt")
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT]
    here = {**os.environ, "GLOO_SOCKET_IFNAME": "lo"}
    runs = [subprocess.Popen([*command, str(rank), str(tmp_path), kind], env=here) for rank in range(2)]
    try:
        for run in runs:  # gloo's threads may abort a process at its end, its result written
            run.wait(timeout=240)
    finally:
        for run in runs:
            run.kill()
    whole = simtool.nn.Loss(kind)(model(rows), labels)
    whole.backward()
    for rank in range(2):
        loss, gradient = torch.load(tmp_path / f"{rank}.pt")
        assert loss.item() == pytest.approx(whole.item(), rel=1e-12)
        torch.testing.assert_close(gradient, model.weight.grad, rtol=1e-10, atol=1e-12)


def test_the_recipe_is_that_of_the_page():
    page = (Path(__file__).parents[2] / "docs" / "guides" / "training.md").read_text(encoding="utf-8")
    assert "torch.cat(all_gather(model(images)))" in page
    assert "torch.cat(all_gather(model(rows[own])))" in SCRIPT
