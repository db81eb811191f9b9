"""deploy/: dashboard and alerts use metrics that exist, and the document lists them."""

import json
import re
from typing import Any

import pytest
import yaml
from prometheus_client.core import Metric

from noising.metrics import REGISTRY
from noising_site.metrics import QUEUE_HELP, State
from tests.operations.servers import ROOT

SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}
NAME = re.compile(r"\bnoising_[a-z0-9_]+")
SELECTOR = re.compile(r"(noising_[a-z0-9_]+)\{([^}]*)\}")
LABEL = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')


def families() -> list[Metric]:
    return [*REGISTRY.collect(), *State(degraded=["database"]).collect()]


def known_labels() -> dict[str, set[str]]:
    """Return the labels of each name that Prometheus stores."""
    labels = {name: set[str]() for name in QUEUE_HELP}
    collectors = REGISTRY._collector_to_names
    declared = {
        collector._name: set(collector._labelnames)  # type: ignore[attr-defined]
        for collector in collectors
    }
    for family in families():
        found = declared.get(family.name) or {
            label for sample in family.samples for label in sample.labels
        }
        for suffix in SUFFIXES[family.type]:
            labels[family.name + suffix] = found | ({"le"} if "_b" in suffix else set())
    return labels


def expressions() -> list[str]:
    dashboard = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text())
    alerts = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())
    targets = [t["expr"] for panel in dashboard["panels"] for t in panel["targets"]]
    rules = [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    return targets + rules


@pytest.mark.parametrize("expression", expressions())
def test_an_expression_uses_metrics_and_labels_that_exist(expression: str) -> None:
    known = known_labels()
    names = set(NAME.findall(expression)) - {"noising"}
    assert names <= known.keys(), expression
    for name, selector in SELECTOR.findall(expression):
        assert set(LABEL.findall(selector)) <= known[name] | {"job"}, expression
    grouped: set[str] = set()
    for labels in re.findall(r"by \(([^)]*)\)", expression):
        grouped |= {label.strip() for label in labels.split(",")}
    available = set.union({"instance", "job"}, *(known[name] for name in names))
    assert grouped <= available, expression
    assert expression.count("(") == expression.count(")")


def test_every_metric_is_shown_and_every_alert_described() -> None:
    text = (ROOT / "docs/operations.md").read_text()
    used = " ".join(expressions())
    for family in families():
        assert f"`{family.name}" in text, family.name
        assert family.name in used, family.name
    for name in QUEUE_HELP:
        assert f"`{name}`" in text
        assert name in used
    alerts: Any = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())
    for group in alerts["groups"]:
        for rule in group["rules"]:
            assert f"`{rule['alert']}`" in text
            assert rule["annotations"]["summary"]
            assert rule["labels"]["severity"] in {"critical", "warning"}


def test_promtool_has_a_case_for_every_alert() -> None:
    alerts: Any = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())
    cases: Any = yaml.safe_load((ROOT / "deploy/alerts-test.yml").read_text())
    [case] = cases["tests"]
    names = {rule["alert"] for group in alerts["groups"] for rule in group["rules"]}
    firing = {one["alertname"] for one in case["alert_rule_test"] if one["exp_alerts"]}
    assert firing == names
    used = " ".join(series["series"] for series in case["input_series"])
    assert set(NAME.findall(used)) <= known_labels().keys()
