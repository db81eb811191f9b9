"""The Dockerfile and compose.yaml, with their commands run here without Docker."""

import re
import subprocess
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.operations.containers import (
    SECRETS,
    TOOLS,
    UID,
    Image,
    docker_compose,
    volume,
)
from tests.operations.nginx import NGINX, make_config
from tests.operations.servers import ROOT, environment, free_port, running, wait_for
from tests.operations.sites import Site

OURS = ("web", "worker", "migrate")
LITERAL_SECRET = re.compile(
    r"^\s*(- )?\w*(KEY|PASSWORD|SECRET|TOKEN)\w*\s*[:=]\s*(?!\$\{)\S", re.MULTILINE
)


def test_the_linter_of_dockerfiles_finds_nothing() -> None:
    done = subprocess.run(
        [TOOLS / "hadolint", "--no-color", "Dockerfile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


def test_the_packages_are_installed_with_their_hashes() -> None:
    installs = re.findall(r"pip install(?:[^\n]*\\\n)*[^\n]*", dockerfile())
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


def test_the_image_has_what_the_service_needs_and_nothing_private(image: Image) -> None:
    app = sorted(path.name for path in (image.root / "app").iterdir())
    assert app == [
        *("LICENSE", "NOTICE", "benchmarks", "docs", "manage.py", "noising"),
        *("noising_site", "templates"),
    ]
    assert list((image.root / "data").iterdir()) == []
    owners = {path.stat().st_uid for path in (image.root / "app").rglob("*")}
    assert owners == {0}
    assert image.config["user"].startswith(f"{UID}:")
    assert image.config["env"]["PYTHONDONTWRITEBYTECODE"] == "1"


def test_compose_has_no_secrets_and_asks_for_them() -> None:
    for name in SECRETS:
        others = {key: value for key, value in SECRETS.items() if key != name}
        done = docker_compose("config", "--quiet", **others)
        assert done.returncode != 0
        assert f"required variable {name} is missing a value: put it" in done.stderr
    text = (ROOT / "compose.yaml").read_text()
    assert LITERAL_SECRET.search(text) is None
    assert LITERAL_SECRET.search(text.replace("${POSTGRES", "abc"))


@pytest.mark.parametrize("name", [*OURS, "nginx", "postgres"])
def test_a_container_may_do_little(services: dict[str, Any], name: str) -> None:
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    if name not in OURS:  # which have the account of the image
        assert service["user"] not in {"0", "root", "0:0"}
    if name != "nginx":
        assert "ports" not in service
    front = set() if name not in {"nginx", "web"} else {"front"}
    back = set() if name == "nginx" else {"back"}
    assert set(service["networks"]) == front | back
    once = name == "migrate"
    assert service["restart"] == ("no" if once else "unless-stopped")
    if once:
        assert service["healthcheck"] == {"disable": True}
    elif name == "web":
        assert "healthcheck" not in service  # the image's
    else:
        assert service["healthcheck"]["test"][0] == "CMD"


def test_compose_and_the_files_of_deploy_name_the_same_things(
    services: dict[str, Any],
) -> None:
    assert set(services) == {*OURS, "nginx", "postgres"}
    nginx = (ROOT / "deploy/nginx.conf").read_text()
    servers = set(re.findall(r"server (\S+) ", nginx))
    assert servers == {f"web:{services['web']['environment']['PORT']}"}
    [port] = services["nginx"]["ports"]
    assert f"listen {port['target']};" in nginx
    assert services["nginx"]["healthcheck"]["test"][-1].endswith(
        f":{port['target']}/livez"
    )
    prometheus = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text())
    [target] = prometheus["scrape_configs"][0]["static_configs"][0]["targets"]
    assert target.split(":")[0] in services["web"]["environment"]["ALLOWED_HOSTS"]
    for name in OURS:
        url = services[name]["environment"]["DATABASE_URL"]
        assert url == "postgres://noising:p0@postgres:5432/noising"
    assert services["postgres"]["environment"] == {
        "POSTGRES_DB": "noising",
        "POSTGRES_PASSWORD": "p0",
        "POSTGRES_USER": "noising",
    }


def put_nginx_into(image: Image, *, listen: int, web: int) -> None:
    """Let the image's folder have the files of nginx's image, with other ports."""
    (image.root / "etc/nginx").mkdir()
    config = make_config(service_port=web, port=listen)
    (image.root / "etc/nginx/nginx.conf").write_text(config)
    # Debian's nginx has other folders for bodies than that of the image.
    (image.root / "var/lib").mkdir(parents=True)
    (image.root / "var/lib/nginx").symlink_to("/tmp")  # noqa: S108 - a tmpfs


@pytest.mark.skipif(
    NGINX is None,
    reason="needs Debian's nginx (scripts/test-packages installs it)",
)
def test_the_commands_of_compose_serve_in_the_image(
    image: Image, services: dict[str, Any], site: Site, tmp_path: Path
) -> None:
    """On a read-only root, without capabilities, with the variables of compose.yaml."""
    port, front_port = free_port(), free_port()
    put_nginx_into(image, listen=front_port, web=port)
    # Not the address of the container, and the port of no other server.
    changed = {
        "DATABASE_URL": site.variables["DATABASE_URL"],
        "HOST": "127.0.0.1",
        "PORT": str(port),
    }

    def command(name: str, *words: str) -> list[str]:
        data = tmp_path / name
        variables = services[name].get("environment", {}) | changed
        return image.command(
            *(words or services[name].get("command") or ()),
            data=data if data.exists() else volume(data),
            hostname=name,
            **variables,
        )

    def ends(name: str, *words: str) -> int:
        return subprocess.run(
            command(name, *words), env=environment(), capture_output=True, check=False
        ).returncode

    checks = {
        "web": image.config["healthcheck"],
        "worker": services["worker"]["healthcheck"]["test"][1:],
    }
    before = sorted(image.root.rglob("*"))
    assert ends("migrate") == 0
    assert [ends(name, *check) for name, check in checks.items()] == [1, 1]
    with ExitStack() as stack:
        started = []
        for name in ("worker", "nginx"):
            process = subprocess.Popen(command(name), env=environment())
            stack.callback(process.wait, timeout=60)
            stack.callback(process.terminate)
            started.append(process)
        server = stack.enter_context(
            running(
                tmp_path / "web", command=command("web"), variables={"PORT": str(port)}
            )
        )
        front = replace(server, port=front_port)
        front.wait_until_it_answers()
        noise = {"tokens": list(range(64)), "timestep": 999, "seed": 7}
        answer = front.ask("POST", "/noise", noise)
        assert answer.status == 200, answer.body
        assert answer.json()["noised_tokens"] != noise["tokens"]
        assert front.ask("GET", "/api/v1/schedules").json()["count"] > 0
        assert ends("web", *checks["web"]) == 0
        wait_for(
            lambda: ends("worker", *checks["worker"]) == 0,
            lambda: "the check does not find the worker",
        )
        for process in (server.process, *started):
            status = Path(f"/proc/{process.pid}/status").read_text()
            assert re.search(r"^Uid:" + rf"\t{UID}" * 4 + "$", status, re.MULTILINE)
            assert re.search(r"^CapBnd:\t0+$", status, re.MULTILINE)
            assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
        assert server.stop() == 0
    assert [process.returncode for process in started] == [0, 0]
    assert sorted(image.root.rglob("*")) == before
