"""The table of GPUs."""

import pytest

from simtool.catalogue import DEVICE, DEVICES, USED, gpu_hours


def test_hours_are_those_of_the_stated_rate():
    assert gpu_hours(3600 * 989.4e12 * USED, "h100") == pytest.approx(1.0)
    assert gpu_hours(3600 * 312e12 * USED, "a100") == pytest.approx(1.0)


def test_each_device_has_its_source():
    assert DEVICE in DEVICES
    assert all(each.source and 1e13 < each.flops < 1e16 for each in DEVICES.values())
