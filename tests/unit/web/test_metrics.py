"""/metrics: figures for Prometheus, for those who may read them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from digest.storage import Store
from digest.storage.papers import listings
from tests import sites

DASHBOARD = Path(__file__).parents[3] / "docs" / "grafana.json"


def figures(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_figures_are_those_of_the_store(site: sites.Running, client: httpx.Client) -> None:
    with site.store.transaction() as tx:
        listings.source_failed(tx, 'a "feed"', site.clock.now, "503")
    answer = client.get("/metrics")
    found = figures(answer.text)
    assert answer.headers["content-type"].startswith("text/plain")
    assert found["digest_papers",] == 40 + sites.OTHERS
    assert found["digest_source_failing", 'a "feed"'] == 1
    assert found["digest_subscribers", "active"] == found["digest_deliveries", "sent"] == 0
    assert found["digest_waiting_seconds",] == 0


def test_others_find_no_such_page(store: Store) -> None:
    with sites.running(store, metrics_from=("192.0.2.0/24",)) as running, running.client() as client:
        assert client.get("/metrics").status_code == 404
        allowed = client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"})
        assert allowed.status_code == 200


def test_the_dashboard_asks_only_for_figures_that_there_are(site: sites.Running, client: httpx.Client) -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"digest_\w+", target["expr"])
    }
    known = {family.name for family in text_string_to_metric_families(client.get("/metrics").text)}
    assert asked
    assert asked <= known
