"""`simtool fit`: the head that is kept, and the word about one that is not."""

import json

FIT = "fit x.npy --labels classes.npy --kind sup-con --epochs 2"


def test_a_head_that_is_not_kept_is_told(typed):
    code, out, err = typed(f"{FIT} --format json")
    told = "the head was not kept: -o head.safetensors keeps it"
    assert code == 0
    assert f"note: {told}" in err.splitlines()
    assert told in json.loads(out)["notes"]
    assert typed(f"{FIT} --quiet")[2] == ""


def test_a_head_that_is_kept_is_named(typed, inputs):
    code, _, err = typed(f"{FIT} -o head.safetensors")
    assert code == 0
    assert "wrote head.safetensors" in err
    assert "not kept" not in err
    assert (inputs / "head.safetensors").exists()


def test_a_kind_is_one_and_has_its_parameters(typed):
    code, out, _ = typed("fit x.npy --labels classes.npy --kind contrastive --margin 0.7 --epochs 1 --format json")
    assert code == 0
    assert json.loads(out)["parameters"]["margin"] == 0.7
    code, out, err = typed("fit x.npy --labels classes.npy --epochs 1")
    assert (code, out) == (2, "")
    assert "--kind" in err
