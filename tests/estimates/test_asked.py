"""Keys of gates are those of the job, or of its dry run."""

import pytest

from simtool.catalogue import DEVICE
from simtool.errors import ParameterError
from simtool.estimates.asked import keys_of_job


def test_a_dry_run_checks_its_own_keys_and_leaves_none():
    assert keys_of_job(["kept"], DEVICE, dry_run=False) == ["kept"]
    assert keys_of_job(["flop", "gpu_hours"], "a100", dry_run=True) == ()
    with pytest.raises(ParameterError, match="no number is called 'kept'"):
        keys_of_job(["kept"], DEVICE, dry_run=True)


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_device_has_a_known_name(dry_run):
    with pytest.raises(ParameterError, match="unknown value 'zz'"):
        keys_of_job([], "zz", dry_run=dry_run)


def test_hours_are_counted_by_a_dry_run_alone():
    with pytest.raises(ParameterError, match="only a dry run") as refused:
        keys_of_job([], "a100", dry_run=False)
    assert refused.value.hint == "add «dry_run»"
