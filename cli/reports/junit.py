"""The verdicts as JUnit XML, which the dashboards of CI systems read: each gate is a test case.

Accepted: any gates; a run without gates is one case, which passed.
Lost: the numbers that no gate names.
"""

from collections.abc import Sequence
from xml.etree import ElementTree

from simtool.errors import printable
from simtool.results import Result, Verdict

_NO_XML = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}  # beyond what is not printable


def junit_report(result: Result, verdicts: Sequence[Verdict]) -> bytes:
    """Return the document of one suite."""
    failed = [verdict for verdict in verdicts if not verdict.passed]
    counts = {"tests": str(len(verdicts) or 1), "failures": str(len(failed)), "errors": "0", "skipped": "0"}
    name = f"simtool {result.command}"
    root = ElementTree.Element("testsuites", {"name": name, **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": name, **counts})
    if result.inputs:
        properties = ElementTree.SubElement(suite, "properties")
        for role, typed in result.inputs.items():
            ElementTree.SubElement(properties, "property", name=_xml(role), value=_xml(typed))
    for verdict in verdicts:
        _case(suite, result.command, verdict)
    if not verdicts:
        ElementTree.SubElement(suite, "testcase", classname=f"simtool.{result.command}", name="runs")
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _case(suite: ElementTree.Element, command: str, verdict: Verdict) -> None:
    gate = _xml(verdict.gate.text)
    case = ElementTree.SubElement(suite, "testcase", classname=f"simtool.{command}", name=gate)
    sentence = _xml(verdict.sentence())
    if verdict.passed:
        ElementTree.SubElement(case, "system-out").text = sentence
    else:
        ElementTree.SubElement(case, "failure", message=sentence, type="gate").text = sentence


def _xml(text: str) -> str:
    return printable(text).translate(_NO_XML)
