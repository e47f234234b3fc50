"""The checks at the door: words, keys that a caller will ask for, outputs."""

import numpy as np
import pytest

from simtool import checks
from simtool.errors import OutputError, ParameterError
from simtool.metrics import metric_of


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [(1, "row", "1 row"), (2, "row", "2 rows"), (1, "class", "1 class"), (2, "class", "2 classes")],
)
def test_nouns_are_counted(count, noun, words):
    assert checks.plural(count, noun) == words


def test_of_few_keys_the_nearest_is_named_and_all_are_listed():
    with pytest.raises(ParameterError, match="no number is called 'meen'") as caught:
        checks.check_keys(["mean", "meen"], ["mean", "count"])
    assert caught.value.hint == "did you mean mean? the summary has mean, count"


def test_of_many_keys_the_nearest_are_named_and_not_all_listed():
    names = [
        f"{name}{end}" for name in ("roc_auc", "eer", "best_f1", "kendall", "tar", "d") for end in ("", ".low", ".high")
    ]
    for typed, guess in (
        ("roc_auk", "did you mean roc_auc? "),
        ("ROC_AUC", "did you mean roc_auc? "),
        ("high", "did you mean roc_auc.high, eer.high, best_f1.high, kendall.high, tar.high? "),
        ("zzz", ""),
    ):
        with pytest.raises(ParameterError, match=f"no number is called '{typed}'") as caught:
            checks.check_keys([typed], names)
        assert caught.value.hint == f"{guess}the summary has 18 keys"


def test_a_key_that_another_parameter_gives_names_that_parameter():
    given_by = {"«bootstrap=1000»": ["eer", "eer.low"], "«null=200»": ["eer", "eer.p"]}
    checks.check_keys(["eer"], ["eer"], given_by)
    for key, parameter in (("eer.low", "bootstrap=1000"), ("eer.p", "null=200")):
        with pytest.raises(ParameterError) as caught:
            checks.check_keys([key], ["eer"], given_by)
        assert f"add {parameter}, which gives that number" in str(caught.value)


def test_a_key_of_a_group_is_one_that_groups_have():
    given_by = {"«bootstrap=1000»": ["eer", "eer.threshold", "eer.low"], "«by=SOURCE»": ["eer[en]"]}
    known = ["eer", "eer.threshold"]
    checks.check_keys(["eer[en]"], known, given_by, ["eer"])
    for key, of_groups, said in (
        ("eer[en]", (), "add by='SOURCE', which"),
        ("eer.low[en]", ["eer"], "add bootstrap=1000, which"),
        ("eer.threshold[en]", ["eer"], "did you mean eer? "),
        ("ear[en]", ["eer"], "did you mean eer? "),
    ):
        with pytest.raises(ParameterError) as caught:
            checks.check_keys([key], known, given_by, of_groups)
        assert said in str(caught.value)


@pytest.mark.parametrize("eps", [-1e-9, np.nan, np.inf])
def test_eps_is_finite_and_not_negative(eps):
    with pytest.raises(ParameterError, match="eps is"):
        checks.check_eps(eps)


def test_two_outputs_are_two_files_and_no_input(tmp_path):
    path = str(tmp_path / "x.npy")
    checks.check_outputs(path, None, force=False, inputs=["elsewhere.npy", np.eye(2)])
    with pytest.raises(OutputError, match="two outputs have one path"):
        checks.check_outputs(path, path, force=False, inputs=[])
    with pytest.raises(OutputError, match="two outputs have one path"):
        checks.check_outputs(path, str(tmp_path / "." / ".." / tmp_path.name / "x.npy"), force=False, inputs=[])
    np.save(path, np.eye(2))
    with pytest.raises(OutputError, match="is also the input"):
        checks.check_outputs(path, force=True, inputs=[path])


@pytest.mark.parametrize(
    ("metric", "threshold", "hint"),
    [
        ("cosine", 95, "95 % is 0.95"),
        ("cosine", 950, "up to 1"),
        ("hamming", -1, "0 or more"),
        ("euclidean", -3, "0 or more"),
    ],
)
def test_a_threshold_that_no_pair_reaches_comes_with_one_that_some_do(metric, threshold, hint):
    with pytest.raises(ParameterError, match=f"no {metric} can reach {threshold}") as refused:
        checks.check_threshold(threshold, metric_of(metric))
    assert refused.value.hint == hint
