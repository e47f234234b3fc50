"""What a block came to, as bytes and back."""

from hashlib import blake2b
from math import inf

import numpy as np
import pytest

from simtool.engine import Span
from simtool.engine.candidates import Found
from simtool.work.encoding import DIGEST, MAGIC, decoded, encoded

KEY = b"of this block"
ARRAYS = [
    np.arange(6, dtype=np.int32).reshape(2, 3),
    np.asarray([0.1, -0.0, np.nan, inf]),
    np.zeros((0, 4), dtype=np.float32),
    np.asarray([True, False]),
    np.arange(12.0).reshape(3, 4).T,
]


def same(one, other):
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, tuple | list):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 0.1 + 0.2, "x", slice(2, 5), Span(3, 9), {"a": 1.5}, [ARRAYS[0], (1, ARRAYS[1])], *ARRAYS],
)
def test_a_value_comes_back_to_the_last_bit(value):
    found = decoded(encoded(value, KEY), KEY)
    assert found is not None
    assert same(found[0], value)


def test_a_record_comes_back_as_what_it_was():
    found = Found(np.asarray([1]), np.asarray([2]), np.asarray([0.5]), np.asarray([0.6]))
    (back,) = decoded(encoded([found], KEY), KEY)[0]
    assert type(back) is Found
    assert same(tuple(back), tuple(found))


def test_an_array_may_be_written_to():
    (found,) = decoded(encoded(np.zeros(3), KEY), KEY)
    found[0] = 1.0
    assert found.tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("cut", [0, 5, len(MAGIC) + DIGEST, -1])
def test_bytes_that_were_cut_off_are_none(cut):
    assert decoded(encoded(ARRAYS, KEY)[:cut], KEY) is None


def test_any_changed_byte_shows():
    data = encoded(ARRAYS, KEY)
    for place in range(len(data)):
        assert decoded(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :], KEY) is None


def test_a_block_of_something_else_is_none():
    assert decoded(encoded(ARRAYS, KEY), b"of another") is None


def test_nothing_but_a_record_of_ours_is_made():
    body = encoded(Span(0, 1), KEY)[len(MAGIC) + DIGEST :]
    body = body.replace(b"simtool.engine.plan:Span", b"subprocess:Popen        ")
    with pytest.raises(TypeError, match="no record"):
        decoded(MAGIC + blake2b(body, digest_size=DIGEST, key=KEY).digest() + body, KEY)
