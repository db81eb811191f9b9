"""The settings as programs see them; each case is a process."""

import subprocess
import sys

import pytest

from tests.operations.servers import ROOT, environment

WSGI = (sys.executable, "-c", "import noising_site.wsgi")
ASGI = (sys.executable, "-c", "import noising_site.asgi")
CHECK = (sys.executable, "manage.py", "check")
DEPLOY = (*CHECK, "--deploy", "--fail-level", "WARNING")
GUNICORN = (sys.executable, "-m", "gunicorn", "noising_site.wsgi:application")


def run(command, tmp_path, **variables):
    """Run a command with a data folder that does not exist yet."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(**{"DATA_DIR": str(tmp_path / "var")} | variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VOCAB_SIZE", "fifty"),
        ("SCHEDULE_TYPE", "linaer"),
        ("HYPERSCHEDULE", '{"type": "sliding", "width": -1}'),
        ("DATABASE_URL", "oracle://x"),
        ("ACCESS", "shut"),
    ],
)
def test_a_bad_value_ends_a_command_with_one_line(tmp_path, name, value):
    ended = run(CHECK, tmp_path, **{name: value})
    assert ended.returncode == 1
    assert ended.stdout == ""
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"{name} ")


@pytest.mark.parametrize("command", [WSGI, ASGI, CHECK])
def test_every_entrance_says_the_same_line(tmp_path, command):
    ended = run(command, tmp_path, MAX_TOKENS="many")
    assert ended.returncode != 0
    assert ended.stderr == (
        "MAX_TOKENS must be a whole number in 1..1073741824, got 'many'; "
        "for example MAX_TOKENS=1048576.\n"
    )


def test_gunicorn_does_not_try_again_and_again(tmp_path):
    ended = run((*GUNICORN, "--bind", "127.0.0.1:0"), tmp_path, MAX_TOKENS="many")
    assert ended.returncode != 0
    assert ended.stderr.count("MAX_TOKENS must be a whole number") == 1


@pytest.mark.parametrize("command", [WSGI, ASGI, CHECK])
def test_importing_the_settings_writes_nothing(tmp_path, command):
    ended = run(command, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("https", ["off", "on"])
def test_a_deployment_check_is_clean(tmp_path, https):
    ended = run(DEPLOY, tmp_path, HTTPS=https)
    assert ended.returncode == 0, ended.stderr
    assert "WARNING" not in ended.stderr
    assert ("noising.I001" in ended.stderr) == (https == "off")


def test_a_deployment_check_finds_what_is_unsafe(tmp_path):
    ended = run(DEPLOY, tmp_path, DEBUG="on", ALLOWED_HOSTS="*", SECRET_KEY="short")
    assert ended.returncode == 1
    for identifier in ("security.W018", "security.W009", "noising.W003"):
        assert identifier in ended.stderr


def test_with_debug_on_the_service_still_answers(tmp_path):
    code = (
        "import noising_site.wsgi; from django.test import Client;"
        "c = Client(headers={'host': 'localhost'});"
        "print(c.get('/info').status_code, c.get('/unknown').status_code)"
    )
    ended = run((sys.executable, "-c", code), tmp_path, DEBUG="on")
    assert ended.stdout == "200 404\n", ended.stderr


def test_a_product_of_matrices_takes_one_thread(tmp_path):
    script = (
        "import os, noising_site.wsgi, numpy as np;"
        "a = np.ones((512, 512)); a @ a; print(len(os.listdir('/proc/self/task')))"
    )
    done = run((sys.executable, "-c", script), tmp_path)
    assert done.stdout.strip() == "1"
