"""Words and their vectors in text, as GloVe and fastText write them."""

import pytest
from written_files import WORDS, check, glove, refused

from simtool.io import open_vectors


@pytest.mark.parametrize("end", ["\n", " \n", "\r\n", " \r\n"])
@pytest.mark.parametrize("size", [1, 100, 1 << 20])
def test_glove_and_fasttext(tmp_path, monkeypatch, end, size):
    monkeypatch.setattr("simtool.io.text.BLOCK_BYTES", size)
    monkeypatch.setattr("simtool.io.text_blocks.LONGEST_ROW", 10_000)
    spaced = [". . .", *WORDS[1:4], "at name@domain.com", *WORDS[5:8], "room 101", "x"]
    for words in (WORDS, spaced):
        (tmp_path / "a.txt").write_bytes(glove(words, end))
        check(tmp_path / "a.txt", ids=words)
        (tmp_path / "a.vec").write_bytes(f"10 6{end}".encode() + glove(words, end))
        check(tmp_path / "a.vec", ids=words)
    # names that are numbers, all of them, are read as numbers unless it is said what they are
    numbers = [str(number) for number in range(10)]
    (tmp_path / "a.txt").write_bytes(glove(numbers, end))
    assert open_vectors(str(tmp_path / "a.txt")).shape == (10, 7)
    check(tmp_path / "a.txt", ids=numbers, input_format="glove")


def test_glove_is_refused_by_line(tmp_path):
    path = tmp_path / "a.txt"
    lines = glove(WORDS).splitlines(keepends=True)
    cut = lines[4].rsplit(b" ", 2)[0] + b"\n"
    assert refused(path, b"".join([*lines[:2], cut])).what == "line 3 has 5 cells, expected a word and 6 numbers"
    assert refused(path, lines[0] + cut * 2).what == "line 1 has more numbers than the 4 of most lines"
    assert refused(path, lines[0] + cut).what == "line 1 has more numbers than the 4 of most lines"
    short = b" ".join(lines[3].split()[1:]) + b"\n"
    assert refused(path, b"".join([*lines * 10, short])).what == "line 101 has 6 cells, expected a word and 6 numbers"
    odd = lines[3].replace(b"\n", b"x\n")
    assert "line 101 has " in refused(path, b"".join([*lines * 10, odd])).what
    latin = b"caf\xe9" + lines[0][3:]
    assert refused(path, lines[0] + latin).what == f"byte {len(lines[0]) + 3} is not UTF-8 text"
    error = refused(path, b"11 6\n" + b"".join(lines))
    assert error.what == "the first line promises 11 words, and there are 10"
