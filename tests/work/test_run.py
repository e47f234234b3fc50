"""A run in a work folder: what it computes, finds, and leaves to others."""

from functools import partial
from threading import Event

import numpy as np
import pytest

from simtool.delivery import delivery
from simtool.engine.threads import overlapped
from simtool.errors import ParameterError, ResourceError
from simtool.io import open_vectors
from simtool.work import Loop, PartDone, blocks, is_kept, shard, working
from simtool.work.run import _seldom


def squares(computed, count=5, **how):
    def compute(number):
        computed.append(number)
        assert not is_kept()  # what is computed on the way is not kept
        return {"square": number**2}

    return [each["square"] for each in blocks(Loop("squares", "", count, compute, **how))]


def run(path, count=5, in_order=False, **how):
    """Return the outcome of a run, None where it stops short, and the numbers of the blocks that it computed."""
    computed = []
    with working(str(path), "test", {"count": count}, **how):
        try:
            return squares(computed, count, in_order=in_order), computed
        except PartDone as done:
            return done, computed


def test_a_second_run_finds_what_the_first_has_computed(tmp_path):
    assert run(tmp_path) == ([0, 1, 4, 9, 16], [0, 1, 2, 3, 4])
    assert run(tmp_path) == ([0, 1, 4, 9, 16], [])
    assert not is_kept()


@pytest.mark.parametrize("damage", [lambda f: f.write_bytes(f.read_bytes()[:-1]), lambda f: f.unlink()])
def test_a_damaged_block_is_computed_again(tmp_path, damage):
    run(tmp_path)
    damage(sorted(tmp_path.glob("001-squares-*/block-*"))[3])
    assert run(tmp_path) == ([0, 1, 4, 9, 16], [3])


def test_a_block_under_another_name_is_computed_again(tmp_path):
    run(tmp_path)
    first, second = sorted(tmp_path.glob("001-squares-*/block-*"))[:2]
    second.write_bytes(first.read_bytes())
    assert run(tmp_path) == ([0, 1, 4, 9, 16], [1])


def test_a_block_of_other_parameters_is_computed_again(tmp_path):
    for name, scale in (("one", 1), ("ten", 10)):
        with working(str(tmp_path / name), "test", {"scale": scale}):
            assert list(blocks(Loop("tens", "", 1, lambda _, by=scale: by))) == [scale]
    (one,), (ten,) = (list((tmp_path / name).glob("001-*/block-*")) for name in ("one", "ten"))
    ten.write_bytes(one.read_bytes())
    with working(str(tmp_path / "ten"), "test", {"scale": 10}):
        assert list(blocks(Loop("tens", "", 1, lambda _: 10))) == [10]


@pytest.mark.parametrize(("in_order", "share", "several"), [(False, None, 5), (True, None, 0), (False, shard(2, 3), 2)])
def test_blocks_that_need_no_others_are_computed_together(tmp_path, in_order, share, several):
    asked = []

    def together(function, numbers):
        asked.extend(numbers)
        return map(function, numbers)

    with working(str(tmp_path), "test", {}, share=share, delivers=share is None):
        try:
            assert squares([], in_order=in_order, together=together) == [0, 1, 4, 9, 16]
        except PartDone:
            assert share is not None
    assert len(asked) == several


@pytest.mark.parametrize("together", [map, partial(overlapped, workers=2)])
def test_a_block_is_not_kept_where_an_input_changed_meanwhile(tmp_path, together):
    path, changed = tmp_path / "x.npy", Event()
    np.save(path, np.eye(3))

    def compute(number):
        if number == 1:
            np.save(path, 2 * np.eye(3))
            changed.set()
        return number if number < 2 else changed.wait()

    def compute_all():
        open_vectors(str(path))
        list(blocks(Loop("x", "", 4, compute, together=together)))

    with pytest.raises(ResourceError, match="changed while"), delivery(), working(str(tmp_path / "w"), "test", {}):
        compute_all()
    assert {each.name for each in (tmp_path / "w").glob("*/block-*")} <= {"block-00001-of-00004"}


def test_looking_at_the_inputs_takes_a_small_part_of_the_time(monkeypatch):
    clock, looked = [0.0], []
    monkeypatch.setattr("simtool.work.run.monotonic", lambda: clock[0])

    def look():
        looked.append(clock[0])
        clock[0] += 1.0

    check = _seldom(look)
    for _ in range(100):
        check()
        clock[0] += 1.0
    assert looked == [0.0, 21.0, 42.0, 63.0, 84.0]


def test_parts_compute_their_own_and_name_what_is_missing(tmp_path):
    done, computed = run(tmp_path, share=shard(2, 3), delivers=False)
    assert computed == [1, 4]
    assert [name.rpartition("/")[2] for name in done.missing] == [f"block-{n:05d}-of-00005" for n in (1, 3, 4)]
    assert run(tmp_path, share=shard(1, 3), delivers=False)[1] == [0, 3]
    assert run(tmp_path, share=shard(3, 3), delivers=False) == ([0, 1, 4, 9, 16], [2])
    assert run(tmp_path, share=lambda *_: ()) == ([0, 1, 4, 9, 16], [])


def test_a_merge_takes_damaged_blocks_for_missing_ones(tmp_path):
    run(tmp_path)
    damaged = sorted(tmp_path.glob("001-squares-*/block-*"))[2::2]
    for block in damaged:
        block.write_bytes(b"")
    done, computed = run(tmp_path, share=lambda *_: ())
    assert computed == []
    assert done.missing == tuple(f"{block.parent.name}/{block.name}" for block in damaged)


def test_loops_are_told_apart_by_their_number(tmp_path):
    with working(str(tmp_path), "test", {}):
        assert squares([]) == squares([])
    assert len(list(tmp_path.glob("*-squares-*"))) == 2


def test_blocks_that_need_those_before_them_are_not_shared_out(tmp_path):
    with pytest.raises(ParameterError, match="nothing can be shared out"):
        run(tmp_path, in_order=True, share=shard(1, 2), delivers=False)
    assert run(tmp_path, in_order=True)[0] == run(tmp_path, in_order=True, share=lambda *_: ())[0]
