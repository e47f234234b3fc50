"""Bytes as standard input has them, and those of an npy."""

import io

import numpy as np


def as_stdin(monkeypatch, data):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def npy_bytes(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()
