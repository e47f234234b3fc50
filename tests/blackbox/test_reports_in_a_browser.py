"""Reports in Chromium, two widths, light and dark, sorted. Nothing is fetched or complained of."""

import io

import matplotlib.image
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from browser import CHROMIUM, FAINT, Browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")

HOSTILE = ["<script>alert(1)</script>", '"><img src="https://example.org/x.png" onerror=alert(1)>', "&amp;", "W" * 300]
EVALUATE = ("evaluate", "sample_data/wordsim353.parquet", "--metric", "manhattan")
JOBS = {
    "evaluate": (*EVALUATE, "--baseline", "sample_data/run_cosine.json", "--assert", "delta.roc_auc > 0.1"),
    "matrix": ("pairwise", "sample_data/wordsim_a.npy"),
    "loss": ("loss", "sample_data/wordsim353.parquet", "--kind", "contrastive", "--sweep", "margin=0.5,1,1.5"),
    "drift": ("compare", "sample_data/words.parquet", "sample_data/words.parquet", "--per-id"),
    "several": ("report", "sample_data/run_cosine.json", "sample_data/run_manhattan.json"),
    "hostile": ("similarity", "hostile.parquet::a", "hostile.parquet::b", "--assert", "mean < 1"),
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture
def report(run, work):
    """A report of one of the jobs, as a file."""

    def report(name):
        table = {"a": [[1.0, 0.0]] * 4, "b": [[1.0, 0.0], [0.0, 1.0], [3.0, 4.0], [-1.0, 1.0]], "id": HOSTILE}
        pq.write_table(pa.table(table), work / "hostile.parquet")
        done = run(*JOBS[name], "--report", "page.html", "--quiet")
        assert done.code in {0, 1}, done.err
        return work / "page.html"

    return report


@pytest.mark.parametrize("name", JOBS)
def test_a_report_fits_is_read_and_is_quiet_at_two_widths_light_and_dark(browser, report, name):
    page = report(name)
    for width in (360, 1280):
        for dark, colour in ((False, (255, 255, 255)), (True, (22, 22, 26))):
            browser.show(page, width=width, dark=dark)
            assert browser.complaints == []
            assert browser.requests == [page.as_uri()]
            assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert browser.evaluate(FAINT) == []
            picture = np.rint(255 * matplotlib.image.imread(io.BytesIO(browser.screenshot()))[..., :3])
            assert picture.shape == (900, width, 3)
            assert tuple(picture[-1, 0]) == colour
            assert len(np.unique(picture[..., 0])) > 20  # letters have soft edges


def test_a_column_is_sorted_up_and_down_by_its_values(browser, report):
    browser.show(report("hostile"), width=1280, dark=False)
    scores = (
        "[...[...document.querySelectorAll('tbody')].at(1).rows].map(row => Number([...row.cells].at(-1).textContent))"
    )
    for way, expected in (("ascending", [-0.7071, 0, 0.6, 1]), ("descending", [1, 0.6, 0, -0.7071])):
        browser.evaluate("[...document.querySelectorAll('th button')].at(-1).click()")
        assert browser.evaluate(scores) == expected
        assert browser.evaluate("document.querySelector('th[aria-sort]').getAttribute('aria-sort')") == way


@pytest.mark.parametrize(
    ("broken", "complaints", "requests", "is_wide", "faint"),
    [
        ('<img src="http://127.0.0.1:9/x.png" alt="">', 1, 2, False, []),
        ("<script>nothing()</script>", 1, 1, False, []),
        ('<div style="width: 1500px">wide</div>', 0, 1, True, []),
        ('<p style="color: #999; background: #bbb">faint</p>', 0, 1, False, ["faint"]),
    ],
)
def test_a_broken_report_would_be_seen(browser, report, broken, complaints, requests, is_wide, faint):
    page = report("several")
    page.write_text(page.read_text().replace("</main>", f"{broken}</main>"))
    browser.show(page, width=1280, dark=False)
    assert (len(browser.complaints), len(browser.requests)) == (complaints, requests)
    assert browser.evaluate("document.documentElement.scrollWidth > innerWidth") == is_wide
    assert browser.evaluate(FAINT) == faint
