"""Asks the service for the answers that the OpenAPI document shows."""

import copy
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.test import Client

from noising import services
from noising.api.openapi import examples
from noising.api.openapi.recordings import recording
from noising.api.runs import examples as runs
from noising.api.schedules import examples as schedules
from noising.api.tokens.schema import REQUEST as TOKEN
from noising.models import BenchmarkRun
from tests.runs import claimed

ROOT = "/api/v1"
SHORTENED = frozenset({"runs_export.200.json", "runs_export.200.csv"})
"""Files of which only the beginning is shown; images are cut as well."""

MACHINE = {
    "git_sha": "0" * 40,
    "git_dirty": False,
    "python": "3.11.7",
    "numpy": "2.4.6",
    "matplotlib": "3.11.2",
    "platform": "Linux-6.12-x86_64-with-glibc2.36",
    "cpu": "AMD EPYC",
    "cpu_count": 2,
}
ITEMS = 2
"""How many of a long list are left of what is shortened."""


class Recorder:
    """Collects answers by the name of their file."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}

    def take(self, operation: str, response: Any) -> Any:
        """Keep an answer, and return it."""
        media_type = response.headers["Content-Type"].partition(";")[0]
        name = recording(operation, response.status_code, media_type).name
        whole = response.getvalue()
        text = neutral(whole.decode())
        if name in SHORTENED:
            text = shortened(text)
        if media_type == "application/json":
            text = orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
        if media_type == "image/svg+xml":
            text = root_of(text)
        self.answers[name] = text.rstrip().encode() + b"\n"
        return response


def neutral(text: str) -> str:
    """Replace what is another at every call: ids, times, secrets, the host."""
    ids: dict[str, str] = {}
    numbers = count(1)

    def numbered(match: re.Match[str]) -> str:
        return ids.setdefault(match[0], f"01960000-0000-7000-8000-{next(numbers):012}")

    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", numbered, text)
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00"
    text = re.sub(moment, "2026-01-31T12:00:00+00:00", text)
    text = re.sub(r"noise_\w+", lambda m: f"noise_{'x' * (len(m[0]) - 6)}", text)
    text = re.sub(r'"id":\d+', '"id":1', text)
    return text.replace("http://testserver", "http://localhost:8000")


def shortened(text: str) -> str:
    """Return the beginning of a document or a table."""

    def brief(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: brief(inner) for key, inner in value.items()}
        return [brief(v) for v in value[:ITEMS]] if isinstance(value, list) else value

    if text.startswith("{"):
        return orjson.dumps(brief(orjson.loads(text))).decode()
    return "".join(text.splitlines(keepends=True)[: 1 + ITEMS])


def root_of(image: str) -> str:
    """Return an SVG without its drawing."""
    root = re.search(r"<svg[^>]*>", image)
    assert root is not None
    return f"{root[0]}<!-- ... --></svg>"


def recorded_answers(document: dict[str, Any]) -> dict[str, bytes]:
    """Ask for every answer.

    Args:
        document: results of a benchmark.
    """
    recorder = Recorder()
    for record in (_core, _computed, _schedules, _tokens):
        record(recorder)
    _runs(recorder, document)
    return recorder.answers


def _signed_in() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get_or_create(username="ada")[0])
    return client


def _post(client: Client, path: str, body: Any = None) -> Any:
    return client.post(f"{ROOT}/{path}", body or {}, content_type="application/json")


def _core(recorder: Recorder) -> None:
    client = Client()
    recorder.take("info", client.get("/info"))
    recorder.take("livez", client.get("/livez"))
    recorder.take("readyz", client.get("/readyz?strict=1"))
    services.worker_seen(worker_id="one")
    recorder.take("readyz", client.get("/readyz"))


def _computed(recorder: Recorder) -> None:
    client = Client()
    answer = _post(client, "trajectory", examples.TRAJECTORY_REQUEST)
    recorder.take("trajectory", answer)
    recorder.take("curves", _post(client, "curves", schedules.PREVIEW))
    answer = _post(client, "schedules/import", schedules.IMPORTED_TEXT)
    recorder.take("schedules_import", answer)


def _schedules(recorder: Recorder) -> None:
    client, name = _signed_in(), schedules.NEW["name"]
    recorder.take("schedules_create", _post(client, "schedules", schedules.NEW))
    path = f"schedules/{name}"
    for kind in _kinds("json", "csv", "ndjson"):
        answer = client.get(f"{ROOT}/schedules", kind | {"tag": "bert"})
        recorder.take("schedules_list", answer)
    for part in ("specification", "lint"):
        recorder.take(f"schedules_{part}", client.get(f"{ROOT}/{path}/{part}"))
    recorder.take("schedules_read", client.get(f"{ROOT}/{path}"))
    few = {"points": 3, "quantities": "alpha,information"}
    for kind in _kinds("json", "csv", "svg"):
        recorder.take(
            "schedules_curves", client.get(f"{ROOT}/{path}/curves", few | kind)
        )
    services.schedules_load_builtin()
    for kind in _kinds("json", "svg"):
        names = {"names": ",".join(schedules.COMPARED)}
        recorder.take(
            "schedules_compare",
            client.get(f"{ROOT}/schedules/compare", names | few | kind),
        )
    recorder.take(
        "schedules_change",
        client.patch(f"{ROOT}/{path}", schedules.CHANGES, "application/json"),
    )
    for action in ("archive", "unarchive"):
        recorder.take(f"schedules_{action}", _post(client, f"{path}/{action}"))


def _tokens(recorder: Recorder) -> None:
    client = _signed_in()
    made = recorder.take("tokens_create", _post(client, "tokens", TOKEN)).json()
    recorder.take("tokens_list", client.get(f"{ROOT}/tokens"))
    recorder.take("tokens_read", client.get(f"{ROOT}/tokens/{made['id']}"))


def _runs(recorder: Recorder, document: dict[str, Any]) -> None:
    client = _signed_in()
    ada = User.objects.get(username="ada")
    queued = recorder.take("runs_create", _post(client, "runs", runs.NEW)).json()
    recorder.take("runs_cancel", _post(client, f"runs/{queued['id']}/cancel"))
    running = claimed(owner=ada)
    recorder.take("runs_cancel", _post(client, f"runs/{running.pk}/cancel"))
    one, two = (_succeeded(document, seed, ada) for seed in (1, 2))
    path = f"runs/{one.pk}"
    recorder.take("runs_read", client.get(f"{ROOT}/{path}"))
    recorder.take("runs_results", client.get(f"{ROOT}/{path}/results?page_size=1"))
    for kind in _kinds("json", "csv"):
        recorder.take("runs_export", client.get(f"{ROOT}/{path}/export", kind))
    recorder.take("runs_plot", client.get(f"{ROOT}/{path}/plots/alpha"))
    query = {"ids": f"{one.pk},{two.pk}", "metric": "preserved"}
    recorder.take("runs_compare", client.get(f"{ROOT}/runs/compare", query))
    query = {"status": "succeeded", "page_size": "1"}
    recorder.take("runs_list", client.get(f"{ROOT}/runs", query))
    recorder.take(
        "runs_change", client.patch(f"{ROOT}/{path}", runs.CHANGES, "application/json")
    )
    for action in ("archive", "unarchive", "rerun"):
        recorder.take(f"runs_{action}", _post(client, f"{path}/{action}"))


def _succeeded(document: dict[str, Any], seed: int, owner: User) -> BenchmarkRun:
    """Store a run that was measured on a machine that is everybody's."""
    changed = copy.deepcopy(document)
    changed["config"]["seed"] = seed
    changed["environment"] |= MACHINE
    changed["throughput"] = []
    return services.run_record(document=changed, owner=owner)


def _kinds(*names: str) -> Iterator[dict[str, str]]:
    yield from ({"format": name} for name in names)
