"""Inputs and outputs of one command as a whole."""

from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from simtool import open_vectors
from simtool.delivery import abandon, delivery, once_delivered
from simtool.errors import DataError, OutputError, ResourceError
from simtool.io.output import replacing


def write(path: Path, text: str = "new", *, force: bool = False) -> None:
    with replacing(str(path), force=force) as temporary:
        Path(temporary).write_text(text)


def test_outputs_appear_together_at_the_end(tmp_path: Path) -> None:
    said = []
    with delivery():
        write(tmp_path / "a")
        once_delivered(lambda: said.append(sorted(path.name for path in tmp_path.iterdir())))
        with delivery():  # a part of the outer one
            write(tmp_path / "b")
        assert not (tmp_path / "a").exists()
        assert not (tmp_path / "b").exists()
        assert not said
    assert said == [["a", "b"]]


def test_an_error_after_the_first_output_leaves_none(tmp_path: Path) -> None:
    said = []

    def fail() -> None:
        with delivery():
            write(tmp_path / "a")
            once_delivered(lambda: said.append("a"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []
    assert said == []


def test_an_output_that_cannot_take_its_place_puts_the_others_back(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")

    def collide() -> None:
        with delivery():
            write(tmp_path / "a", force=True)
            write(tmp_path / "b")
            (tmp_path / "b").write_text("theirs")

    with pytest.raises(OutputError, match="exists already"):
        collide()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old", "b": "theirs"}


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def overwrite_one_byte(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(200)
        file.write(b"x")


def replace(path: Path) -> None:
    other = path.with_suffix(".other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


@pytest.mark.parametrize("change", [grow, overwrite_one_byte, replace, Path.unlink])
def test_an_input_that_changes_delivers_nothing(tmp_path: Path, change: object) -> None:
    source, output = tmp_path / "x.npy", tmp_path / "out"
    np.save(source, np.zeros((100, 100)))

    def run() -> None:
        with delivery():
            open_vectors(str(source))
            write(output)
            change(source)  # type: ignore[operator]

    with pytest.raises(ResourceError, match="changed while it was read") as caught:
        run()
    assert caught.value.exit_code == 3
    assert caught.value.where == str(source)
    assert not output.exists()


def test_what_is_wrong_with_an_input_that_changed_is_that_it_changed(tmp_path: Path) -> None:
    source = tmp_path / "x.npy"
    np.save(source, np.zeros((100, 100)))

    def run() -> None:
        with delivery():
            open_vectors(str(source))
            grow(source)
            raise DataError("row 7 holds NaN")

    with pytest.raises(ResourceError, match="changed while it was read"):
        run()


def test_an_input_that_stays_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "x.npy"
    np.save(source, np.zeros((100, 100)))
    with delivery():
        open_vectors(str(source))
        source.chmod(0o600)
        write(tmp_path / "out")
    assert (tmp_path / "out").exists()


def test_a_delivery_is_abandoned_from_any_thread(tmp_path: Path) -> None:
    source = tmp_path / "x.npy"
    np.save(source, np.zeros((100, 100)))
    said: list[str] = []

    def end() -> None:
        try:
            abandon()
        except ResourceError as error:
            said.extend([error.what, *(path.name for path in tmp_path.iterdir())])

    def run() -> None:
        with delivery():
            open_vectors(str(source))
            write(tmp_path / "out")
            grow(source)
            thread = Thread(target=end)
            thread.start()
            thread.join()

    with pytest.raises(ResourceError):
        run()
    assert said == ["this input changed while it was read, so nothing that was made of it counts", "x.npy"]
