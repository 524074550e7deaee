"""The report in a real headless Chromium: no console errors, sorting, filtering, structure view."""

import pytest

from screening.report import write_report
from screening.report.html.table import number, sortable_table
from screening.report.page import asset
from tests.browser import CHROMIUM, Browser
from tests.campaign_record import make_record

pytestmark = [pytest.mark.external, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = write_report(make_record(), tmp_path_factory.mktemp("report"))
    with Browser() as browser:
        browser.open(path.as_uri())
        yield browser


def column(page, number):
    return page.run(f"[...document.querySelectorAll('#ranking tbody tr')].map(r => r.cells[{number}].dataset.order)")


def test_sorting_by_a_heading_sorts_by_number_with_unknown_last(page):
    click = "document.querySelectorAll('#ranking th button')[4].click()"
    page.run(click)
    ascending = [float(value) for value in column(page, 4)]
    assert ascending == sorted(ascending)
    page.run(click)
    assert [float(value) for value in column(page, 4)] == ascending[::-1]
    page.run("document.querySelectorAll('#ranking th button')[9].click()")
    values = column(page, 9)
    assert "" in values
    known = [float(value) for value in values if value]
    assert values == [*values[: len(known)], *[""] * (len(values) - len(known))]
    assert known == sorted(known)


def test_filtering_leaves_the_rows_that_fit(page):
    page.run("""(() => { const menu = document.querySelector('#ranking select'); menu.value = 'Na3SbS4';
        menu.dispatchEvent(new Event('input', { bubbles: true })); })()""")
    shown = page.run(
        "[...document.querySelectorAll('#ranking tbody tr')].filter(r => !r.hidden).map(r => r.cells[3].textContent)"
    )
    assert set(shown) == {"Na3SbS4"}
    assert page.run("document.querySelector('#ranking output').textContent").startswith(f"{len(shown)} of ")


def test_a_candidate_opens_from_its_link_and_its_structure_is_drawn(page):
    page.run("document.querySelector('#ranking tbody a').click()")
    page.wait("document.querySelector('details.candidate[open] canvas') !== null")
    page.wait("""(() => { const c = document.querySelector('details.candidate[open] canvas');
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        return new Set(d.filter((_, i) => i % 4 === 2)).size > 20; })()""")


def test_nothing_is_fetched_and_nothing_complains(page, tmp_path):
    page.pdf(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").stat().st_size > 50_000
    assert page.messages == []
    assert page.failures == []
    assert all(url.startswith(("file:", "data:")) for url in page.requests)


def test_a_long_table_shows_its_first_rows_sorts_all_and_unfolds(tmp_path):
    table = sortable_table(
        "long", ("number", "word"), ([number(i, str), f"w{i % 7}"] for i in range(1000)), filters=(1,)
    )
    path = tmp_path / "long.html"
    path.write_text(f"<!DOCTYPE html><html><body>{table}<script>{asset('report.js')}</script></body></html>")
    shown = "[...document.querySelectorAll('#long tbody tr')].filter(r => !r.hidden).map(r => r.cells[0].textContent)"
    with Browser() as browser:
        browser.open(path.as_uri())
        assert browser.run(shown) == [str(i) for i in range(400)]
        assert "1000 rows, the first 400 shown" in browser.run("document.querySelector('output').textContent")
        browser.run("document.querySelector('th button').click(); document.querySelector('th button').click()")
        assert browser.run(shown) == [str(i) for i in range(999, 599, -1)]
        browser.run("""(() => { const menu = document.querySelector('select'); menu.value = 'w3';
            menu.dispatchEvent(new Event('input', { bubbles: true })); })()""")
        assert browser.run(shown) == [str(i) for i in range(999, -1, -1) if i % 7 == 3]
        browser.run("""(() => { const menu = document.querySelector('select'); menu.value = '';
            menu.dispatchEvent(new Event('input', { bubbles: true })); })()""")
        browser.run("document.querySelector('output button').click()")
        assert len(browser.run(shown)) == 1000
        assert browser.messages == []
