"""What a long run takes beside its inputs: which commands can be told beforehand, and which keep their work."""

import inspect

import pytest

from simtool.cli import long_run_options
from simtool.cli.app import app_for

KEPT = {"work": "WorkOption", "shard": "ShardOption", "cluster": "ClusterOption", "workers": "WorkersOption"}
ESTIMATED = {"dry_run": "DryRunOption", "device_name": "DeviceNameOption"}


def parameters(command):
    return inspect.signature(app_for([command]).registered_commands[0].callback, eval_str=True).parameters


@pytest.mark.parametrize("command", ["pairwise", "compare", "dedup", "leak", "loss", "evaluate"])
def test_a_long_command_takes_all_of_them(command):
    for name, option in (KEPT | ESTIMATED).items():
        assert parameters(command)[name].annotation == getattr(long_run_options, option)


def test_mine_keeps_its_work_and_has_no_estimate():
    assert KEPT.keys() <= parameters("mine").keys()
    assert not ESTIMATED.keys() & parameters("mine").keys()


@pytest.mark.parametrize("command", ["similarity", "inspect", "convert"])
def test_a_command_of_one_pass_takes_none(command):
    assert not (KEPT | ESTIMATED).keys() & parameters(command).keys()
