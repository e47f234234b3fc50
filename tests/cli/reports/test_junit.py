"""Verdicts as JUnit, read by a parser of XML."""

from xml.etree import ElementTree

from simtool.cli.reports.junit import junit_report
from simtool.results import Result, judge, parse_gate

RESULT = Result("evaluate", {"a": "x<&>\x00\ud800\ufffe.npy"}, {}, {"a]]>": 0.5, "b": 2})


def read(*gates):
    return ElementTree.fromstring(junit_report(RESULT, judge([parse_gate(gate) for gate in gates], RESULT.summary)))


def test_each_gate_is_a_case():
    root = read("b == 2", "b > 2", "b < 0")
    suite = root.find("testsuite")
    assert root.tag == "testsuites"
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["3", "2", "0"]
    assert [case.get("name") for case in suite.iter("testcase")] == ["b == 2", "b > 2", "b < 0"]
    failures = [case.find("failure") for case in suite.iter("testcase")]
    assert failures[0] is None
    assert [each.get("message") for each in failures[1:]] == ["FAILED b > 2 (is 2)", "FAILED b < 0 (is 2)"]


def test_a_run_without_gates_is_one_case_that_passed():
    suite = read().find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), len(list(suite.iter("testcase")))) == ("1", "0", 1)
    assert list(suite.iter("failure")) == []


def test_what_xml_does_not_take_is_written_out():
    assert read().find("testsuite/properties/property").get("value") == "x<&>\\x00\\ud800\\ufffe.npy"
