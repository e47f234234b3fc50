"""How much memory there is, sizes that are typed, and what is refused; all on files that a test wrote."""

import resource
import subprocess
import sys

import numpy as np
import pytest

from simtool import memory
from simtool.engine.budget import Budget, budget_of, spending
from simtool.engine.resident_rows import held_bytes, resident
from simtool.errors import ParameterError, ResourceError
from simtool.io import as_vectors, open_table, open_vectors, read_values, select, with_ids
from simtool.memory import WORKING, address_space, allowed_bytes, available_memory, held_at_most

MIB, GIB = 1 << 20, 1 << 30


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Stand-ins for the files of the kernel: `machine(PATH, TEXT)` writes one below /proc/self or /sys/fs/cgroup."""
    monkeypatch.setattr(memory, "PROCESS", tmp_path / "self")
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "cgroup")

    def write(path, text):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(text))

    return write


def test_a_control_group_of_version_2_bounds_what_is_free(machine):
    machine("self/cgroup", "0::/\n")
    machine("cgroup/memory.max", 300 * MIB)
    machine("cgroup/memory.current", 100 * MIB)
    assert available_memory() == 200 * MIB


def test_the_least_of_nested_groups_bounds_what_is_free(machine):
    machine("self/cgroup", "0::/user.slice/app/job\n")
    for path, limit in (("user.slice", 400 * MIB), ("user.slice/app", "max"), ("user.slice/app/job", GIB)):
        machine(f"cgroup/{path}/memory.max", limit)
        machine(f"cgroup/{path}/memory.current", 150 * MIB)
    assert available_memory() == 250 * MIB


def test_a_control_group_of_version_1_bounds_what_is_free(machine):
    machine("self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/a/b\n0::/\n")
    machine("cgroup/memory/a/b/memory.limit_in_bytes", 1 << 62)
    machine("cgroup/memory/a/b/memory.usage_in_bytes", MIB)
    machine("cgroup/memory/a/memory.limit_in_bytes", 300 * MIB)
    machine("cgroup/memory/a/memory.usage_in_bytes", MIB)
    machine("cgroup/cpu/a/memory.max", MIB)
    assert available_memory() == 299 * MIB


def test_file_cache_of_a_group_is_free(machine):
    machine("self/cgroup", "0::/\n")
    machine("cgroup/memory.max", 300 * MIB)
    machine("cgroup/memory.current", 300 * MIB)
    machine("cgroup/memory.stat", f"anon {MIB}\ninactive_file {90 * MIB}\nactive_file {10 * MIB}\n")
    assert available_memory() == 100 * MIB


def test_without_groups_the_machine_is_asked(machine):
    assert 0 < available_memory() < 1 << 60


def test_a_limit_of_addresses_bounds_what_is_free(machine, monkeypatch):
    limits = {resource.RLIMIT_AS: (GIB, GIB)}
    monkeypatch.setattr(resource, "getrlimit", limits.get)
    machine("self/statm", "1000 5 5 5 0 5 0\n")
    assert address_space() == GIB - 1000 * resource.getpagesize()
    assert available_memory() <= address_space()


def kind_of(size):
    return type(size).__name__  # pytest cannot write numbers of 5,000 digits


@pytest.mark.parametrize("size", ["9" * 400, "9" * 60, 10**400, 10**5000, "99999999T"], ids=kind_of)
def test_more_than_any_machine_has_is_refused(size):
    with pytest.raises(ParameterError, match="no machine has as much memory"):
        allowed_bytes(size)


@pytest.mark.parametrize("size", ["1e400", "-1", "-4G", -5])
def test_odd_sizes_are_refused(size):
    with pytest.raises(ParameterError, match="expected a size, got") as refused:
        allowed_bytes(size)
    assert refused.value.where == "«max_memory»"


def test_two_readers_leave_half_to_the_work():
    assert 2 * held_at_most("1G") == (GIB - WORKING) // 2
    assert held_at_most("160M") == 8 * MIB  # labels and ids are read on any budget


def test_a_folder_in_memory_is_known(monkeypatch, tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text("disk / ext4 rw 0 0\nnone /dev/shm tmpfs rw 0 0\ndisk /dev/shm/disk ext4 rw 0 0\n")
    monkeypatch.setattr(memory, "MOUNTS", mounts)
    found = [memory.lies_in_memory(folder) for folder in ("/", "/dev/shm", "/dev/shm/a", "/dev/shm/disk", "/dev/shmx")]
    assert found == [False, True, True, False, False]


def test_a_scratch_file_in_memory_is_refused(monkeypatch):
    monkeypatch.setattr("simtool.io.scratch.lies_in_memory", lambda folder: True)
    rows = select(as_vectors(np.ones((20, 3)), "x.parquet"), np.arange(20))
    with pytest.raises(ResourceError, match=r"x\.parquet takes .* scratch files lie in memory"):
        resident(rows, 479)
    assert resident(rows, 480).shape == (20, 3)


# ---- what inputs hold


def test_what_is_mapped_or_given_is_not_held(tmp_path):
    array = np.ones((100, 8))
    np.save(tmp_path / "x.npy", array)
    np.savez_compressed(tmp_path / "x.npz", v=array)
    assert held_bytes(open_vectors(str(tmp_path / "x.npy"))) == 0
    assert held_bytes(select(as_vectors(array), np.arange(3))) == 0
    packed = open_vectors(str(tmp_path / "x.npz"))
    assert held_bytes(packed) == array.nbytes
    assert held_bytes(with_ids(packed, np.arange(100))) == array.nbytes + 800


def test_inputs_and_work_share_a_budget():
    budget = Budget(300 * MIB, held=100 * MIB)
    budget.check(40 * MIB, "the work")
    with pytest.raises(ResourceError, match="the work takes about 301 MiB, 300 MiB may be used") as refused:
        budget.check(41 * MIB, "the work")
    assert refused.value.hint == "«max_memory=301M» makes room for it"


def test_deep_work_spends_the_budget_of_its_job():
    with spending(Budget(GIB, held=5)) as budget:
        assert budget_of(None) is budget
        assert budget_of("2G").total == 2 * GIB
    assert budget_of("2G") == Budget(2 * GIB)


@pytest.mark.parametrize("opened", [open_vectors, open_table, read_values])
def test_every_opener_reads_the_budget(tmp_path, opened):
    np.save(tmp_path / "x.npy", np.ones((2, 2)))
    with pytest.raises(ParameterError, match="less than the 160 MiB that any job needs") as refused:
        opened(str(tmp_path / "x.npy"), max_memory="1M")
    assert "max_memory='160M' is the least" in str(refused.value)


def test_a_member_that_does_not_fit_is_no_damage(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "x.npz", v=np.zeros((100, 8)))
    monkeypatch.setattr(memory, "LEAST_HELD", 6000)
    with pytest.raises(ResourceError, match="the unpacked member takes about"):
        open_vectors(str(tmp_path / "x.npz"), max_memory="160M")


# ---- limits of addresses, in a process of its own

LIMITED = """
import resource, sys
limit = int(sys.argv[1]) << 20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
sys.argv = ["simtool", "pairwise", *sys.argv[2:], "-k", "1", "-q", "--format", "csv"]
from simtool.cli.main import main
main()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not hold this limit")
@pytest.mark.parametrize("megabytes", [120, 200, 250, 300, 560])
def test_too_few_addresses_are_an_error_of_ours(megabytes, sample_data):
    command = [sys.executable, "-c", LIMITED, str(megabytes), str(sample_data / "words.parquet")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert not done.stdout


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not hold this limit")
def test_help_needs_no_addresses_to_spare(sample_data):
    done = subprocess.run([sys.executable, "-c", LIMITED, "120", "--help"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
