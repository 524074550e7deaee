"""The dashboard on a real MongoDB in a real headless Chromium that reaches nothing but this machine."""

import threading
import time
import urllib.error
import urllib.request

import pytest
import yaml

from screening.campaign import load_campaign
from tests.browser import CHROMIUM, Browser
from tests.campaign_record import make_record
from workflows.campaign.campaign_file import CampaignFile
from workflows.dashboard.server import serve
from workflows.launchpad import open_launchpad, private_server
from workflows.operations.submit import submit

pytestmark = [
    pytest.mark.external,
    pytest.mark.mongod,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed"),
]

CAMPAIGN = {
    "name": "seen",
    "mothers": [{"structure": "Na3PS4_tet_MP", "name": "Na3PS4", "mobile": "Na"}],
    "doping": [{"site": "P5+", "dopants": ["W6+"], "levels": ["1/2"]}],
    "supercell": {"target_ions": 16, "max_ions": 20},
    "engine": {"preset": "toy"},
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seen")
    path = folder / "seen.yaml"
    path.write_text(yaml.safe_dump(CAMPAIGN | {"work_dir": str(folder / "campaigns")}))
    file = CampaignFile(path, load_campaign(path))
    launchpad = open_launchpad(file.campaign.database, file.folder)
    try:
        results = submit(file, launchpad).results
        fill(results)
        found = []
        server = threading.Thread(
            target=serve, args=(launchpad, results), kwargs={"announce": found.append}, daemon=True
        )
        server.start()
        deadline = time.monotonic() + 60
        while not found and time.monotonic() < deadline:
            time.sleep(0.1)
        yield found[0]
    finally:
        private_server(file.folder).stop()


def fill(results):
    """Enter the made-up candidates, as workers would have."""
    record = make_record()
    for stage, items in (("candidate", record.candidates), ("relax", record.relaxed)):
        for item in items:
            results.put(stage, item.id, "hash", item)
    for hull in record.hulls:
        results.put("hull", hull.candidate_id, "hash", hull)
    for run in record.md:
        results.put(str(run.stage), run.candidate_id, f"hash{run.temperature_K:g}", run)
    for decision in record.decisions:
        results.decide(decision)


@pytest.fixture(scope="module")
def browser(address):
    with Browser() as browser:
        browser.open(address)
        yield browser


def base(address):
    return address.split("/campaign/")[0]


def test_without_the_token_nobody_sees_anything(address):
    for path in ("/", "/campaign/", "/campaign/live", "/fw/1/details", "/report/", "/campaign/static/jquery.min.js"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(base(address) + path, timeout=30)  # noqa: S310
        assert refused.value.code == 403


def test_the_campaign_page_shows_funnel_ranking_and_workflows(address, browser):
    browser.open(f"{base(address)}/campaign/")
    assert "token" not in browser.run("location.href")
    text = browser.run("document.body.innerText")
    assert str(len(make_record().candidates)) in browser.run("document.querySelector('svg.sankey').textContent")
    assert "Ewald screen" in text
    assert browser.run("document.querySelectorAll('#workflow-table tbody tr').length") == 3
    assert browser.run("document.querySelectorAll('#survivors tbody tr').length") > 5


def test_the_page_refreshes_itself_and_keeps_the_reader_s_sorting(address, browser):
    browser.open(f"{base(address)}/campaign/")
    browser.run("document.querySelectorAll('#survivors th button')[4].click(); document.activeElement.blur()")
    browser.run("document.querySelector('#survivors').dataset.old = '1'")
    browser.wait("document.querySelector('#survivors').dataset.old === undefined", 30)
    values = browser.run("[...document.querySelectorAll('#survivors tbody tr')].map(r => +r.cells[4].dataset.order)")
    assert values == sorted(values)


def test_a_candidate_has_its_structure_and_a_workflow_its_graph(address, browser):
    browser.open(f"{base(address)}/campaign/")
    browser.open(base(address) + browser.run("document.querySelector('#survivors a').getAttribute('href')"))
    browser.wait("""(() => { const c = document.querySelector('canvas.crystal');
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        return new Set(d.filter((_, i) => i % 4 === 2)).size > 20; })()""")
    browser.open(f"{base(address)}/campaign/")
    browser.open(base(address) + browser.run("document.querySelector('#workflow-table a').getAttribute('href')"))
    browser.wait("document.querySelectorAll('canvas').length > 0")
    browser.wait("document.querySelector('.jsonview') !== null")


def test_fireworks_pages_are_whole(address, browser):
    for path in ("/", "/fw/1", "/wf/", "/report/"):
        browser.open(base(address) + path)
        broken = "[...document.images].filter(i => i.complete && i.naturalWidth === 0).length"
        assert browser.run(broken) == 0, path


def test_nothing_failed_and_nothing_left_this_machine(address, browser):
    assert browser.messages == []
    assert browser.failures == []
    assert all(url.startswith((base(address), "data:", "about:")) for url in browser.requests)
