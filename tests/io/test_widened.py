"""Numbers that numpy has no type for, against torch."""

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from written_files import NARROW

from simtool.io import open_table, open_vectors


@pytest.mark.parametrize("kind", NARROW[1:])
def test_every_pattern_of_bits_is_widened_as_torch_does(tmp_path, kind):
    bits = torch.arange(65536 if kind == torch.bfloat16 else 256)
    numbers = bits.to(torch.uint16 if kind == torch.bfloat16 else torch.uint8).view(kind)
    safetensors.torch.save_file({"x": numbers}, tmp_path / "a.safetensors")
    torch.save(numbers, tmp_path / "a.pt")
    expected = numbers.float().numpy()
    for name in ("a.safetensors", "a.pt"):
        found = open_vectors(str(tmp_path / name)).read(0, len(bits))
        np.testing.assert_array_equal(found, expected)
        assert (np.signbit(found) == np.signbit(expected))[~np.isnan(expected)].all()
        np.testing.assert_array_equal(open_table(str(tmp_path / name)).values("x" if name[2] == "s" else ""), expected)
