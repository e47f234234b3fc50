"""How the tests of text read a file, whole, and what it is refused with."""

import pytest

from simtool.errors import DataError
from simtool.io import open_vectors


def whole(vectors):
    return vectors.read(0, vectors.shape[0])


def refused(path, **options):
    with pytest.raises(DataError) as error:
        whole(open_vectors(path, **options))
    return error.value
