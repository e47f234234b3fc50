"""`simtool apply`: vectors through a head."""

import numpy as np


def test_every_row_is_projected(typed, inputs):
    assert typed("fit x.npy --labels classes.npy --head whiten --rank 2 -o h.safetensors --quiet")[0] == 0
    code, _, err = typed("apply h.safetensors x.npy -o z.npy")
    assert code == 0
    assert "wrote z.npy" in err
    assert np.load(inputs / "z.npy").shape == (8, 2)


def test_the_output_is_asked_for(typed):
    code, out, err = typed("apply h.safetensors x.npy")
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == "error: missing option '--output' / '-o'"
