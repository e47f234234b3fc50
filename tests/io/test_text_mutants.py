"""Damaged text, each the smallest that once did harm or that stands for a kind of damage: refused, or read one way."""

import numpy as np
import pytest

from simtool.errors import SimtoolError
from simtool.io import open_table, read_values, text_blocks
from simtool.io import text as text_files

DEEP, LONG = b"[" * 3000, b"9" * 5000
MUTANTS = [
    b"[",
    b"[]",
    b"[[]]",
    b"[]\n[]",
    b"[null]\n[null]",
    b"[1]\n[[1]]",
    b"[1]\n{}",
    b'[1]}{"":[2]',
    b'[1], "x": [2]\n[3]',
    b"{}",
    b"{}\n{}",
    b'{"v":[1]}{"v":[2]}',
    b'{"v":\n[1]}',
    b'{"v":\n[1]} {"v":[2]}',
    b'{"v":[1],"v":[2]}',
    b'{"v":[1]}\n{"v":[1],"v":[2]}',
    b'{"v":[1]}\n{"v":[1e999]}',
    b'{"v":[1]}\n{"v":[NaN,-Infinity]}',
    b'{"v":[1]}\n{"v":[' + LONG + b"]}",
    b'{"v":[1]}\n{"v":' + DEEP + b"}",
    b'{"v":[1]}\n{"v":[18446744073709551616]}',
    b'{"v":[1]}\n{"v":[[1]]}\n{"v":[]}',
    b'{"v":[1]}\n{"v":{"a":[1]}}',
    b'{"v":{"a":1}}\n{"v":[1]}',
    b'{"v":[1]}\n\xff\xfe',
    b'{"v":[1],"s":"\\ud800"}',
    b'{"v":[1],"s":"\\u0000"}',
    b'{"v":[1],"s":"\x01"}',
    b'{"v":[1],"s":"2020-01-01"}\n{"v":[2],"s":"x"}',
    b'{"v":[true]}',
    b'{"v":["1"]}\n{"v":[1]}',
    b'{"":[1]}',
    b'\xef\xbb\xbf{"v":[1]}',
    b'\xef\xbb\xbf\xef\xbb\xbf{"v":[1]}',
    b'[{"v":[1]},{"v":[1,2]}]',
    b'[{"v":[1]},3]',
    b'[\n{"v":[1]}\n]\n[',
    b"x",
    b"x,y",
    b"x,y\n1",
    b"x,y\n1,2,3",
    b'x,y\n1,"2',
    b'x,y\n1,"2"3',
    b'x,y\n1,2"3"',
    b'"x\n",y\n1,2',
    b'"x,y\n1,2',
    b'"x"y,z\n1,2',
    b"x,x\n1,2",
    b"x,\n1,2",
    b"x,y\r1,2\r3,4",
    b"x,y\r\r\n1,2",
    b"x,y\n\n\n1,2\n\n",
    b"x\n\n1\n",
    b"x,y\n1,\n,2",
    b"x,y\n1,\x002",
    b"x,y\n1,\xff",
    b"x,\xff\n1,2",
    b"\n\nx,y\n1,2",
    b"x\ty\n1\t2",
    b"x\ty\n1,2",
    b"x,y\n1,1e999",
    b"x,y\n1," + LONG,
    b"x,y\n1,-" + LONG + b".5",
    b"x,y\n1,0x1\n2,1",
    b"x,y\n1,1_0\n2,1",
    b"x,y\n+1,-0\n+2,9223372036854775808",
    b"x,y\n 1 ,\t2\n3,4",
    b'v\n"[1, 2]"\n"[1, 2"',
    b'v\n"[1, 2]"\n"[1, ""x""]"',
    b'v\n"[1, 2]"\n""',
    b'v\n"[1,\n2]"\n"[3,4]"',
    b'v\n"[1]}{""v"":[2]"\n"[1]"',
    b"v\n" + DEEP,
    b"x0,x1\n1,2\n3,\xe2\x80\xae",
    b"0,1\n1,2",
    b"0,1\n1,",
    b"0,1",
    b",,\n,,",
    b",",
    b'""',
    b'""\n""',
    b"  \n ",
    b"\xef\xbb\xbf",
    b"\xef\xbb\xbfx,y\n1,2",
    b"true\nfalse\n1",
    b"1\n\n2",
    b"1\n2\n\n",
    b"1\n\xff",
]


def outcome(path):
    """Return all that a file holds, or why it is refused."""
    found = []
    for header in ("auto", "yes", "no"):
        try:
            table = open_table(str(path), nulls=True, header=header)
        except SimtoolError as error:
            found.append(checked(error))
            continue
        for name in table.columns:
            for read in (table.vectors, table.values):
                try:
                    read_column = read(name)
                    whole = read_column if isinstance(read_column, np.ndarray) else read_column.read(0, table.rows)
                    found.append((name, whole.dtype, whole.shape, repr(whole.tolist())))
                except SimtoolError as error:
                    found.append((name, checked(error)))
        found.append((table.rows, table.columns, table.vector_columns, table.value_columns))
    try:
        found.append(repr(read_values(str(path)).tolist()))
    except SimtoolError as error:
        found.append(checked(error))
    return found


def checked(error):
    assert error.what
    assert "\n" not in error.what
    return error.what


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: ascii(mutant)[2:30])
def test_a_mutant_is_refused_or_read_the_same_whatever_the_blocks(tmp_path, monkeypatch, mutant):
    path = tmp_path / "mutant"
    path.write_bytes(mutant)
    expected = outcome(path)
    monkeypatch.setattr(text_blocks, "LONGEST_ROW", 10_000)
    monkeypatch.setattr(text_files, "LONGEST_LINE", 10_000)
    for size in (1, 7):
        monkeypatch.setattr(text_files, "BLOCK_BYTES", size)
        assert outcome(path) == expected
