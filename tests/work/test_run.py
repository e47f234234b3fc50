"""A run in a work folder: what it computes, finds, and leaves to others."""

import pytest

from simtool.errors import ParameterError
from simtool.work import PartDone, blocks, is_kept, shard, working


def squares(computed, count=5, **how):
    def compute(number):
        computed.append(number)
        assert not is_kept()  # what is computed on the way is not kept
        return {"square": number**2}

    return [each["square"] for each in blocks("squares", "", count, compute, **how)]


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
            assert list(blocks("tens", "", 1, lambda _, by=scale: by)) == [scale]
    (one,), (ten,) = (list((tmp_path / name).glob("001-*/block-*")) for name in ("one", "ten"))
    ten.write_bytes(one.read_bytes())
    with working(str(tmp_path / "ten"), "test", {"scale": 10}):
        assert list(blocks("tens", "", 1, lambda _: 10)) == [10]


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


def test_parts_compute_their_own_and_name_what_is_missing(tmp_path):
    done, computed = run(tmp_path, share=shard(2, 3), delivers=False)
    assert computed == [1, 4]
    assert [name.rpartition("/")[2] for name in done.missing] == [f"block-{n:05d}-of-00005" for n in (1, 3, 4)]
    assert run(tmp_path, share=shard(1, 3), delivers=False)[1] == [0, 3]
    assert run(tmp_path, share=shard(3, 3), delivers=False) == ([0, 1, 4, 9, 16], [2])
    assert run(tmp_path, share=lambda *_: ()) == ([0, 1, 4, 9, 16], [])


def test_a_merge_takes_a_damaged_block_for_a_missing_one(tmp_path):
    run(tmp_path)
    damaged = sorted(tmp_path.glob("001-squares-*/block-*"))[2]
    damaged.write_bytes(b"")
    done, computed = run(tmp_path, share=lambda *_: ())
    assert computed == []
    assert done.missing == (f"{damaged.parent.name}/{damaged.name}",)


def test_loops_are_told_apart_by_their_number(tmp_path):
    with working(str(tmp_path), "test", {}):
        assert squares([]) == squares([])
    assert len(list(tmp_path.glob("*-squares-*"))) == 2


def test_blocks_that_need_those_before_them_are_not_shared_out(tmp_path):
    with pytest.raises(ParameterError, match="nothing can be shared out"):
        run(tmp_path, in_order=True, share=shard(1, 2), delivers=False)
    assert run(tmp_path, in_order=True)[0] == run(tmp_path, in_order=True, share=lambda *_: ())[0]
