"""Every cookie that the service sets."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.operations.servers import ROOT, environment

# In a process of its own, since the settings read HTTPS once.
SETS_COOKIES = """
import django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
User.objects.create_superuser("ada", password="correct horse")
client = Client(headers={"host": "localhost", "x-forwarded-proto": "https"})
client.get("/account/login/")
data = {"username": "ada", "password": "correct horse"}
assert client.post("/account/login/", data).status_code == 302
client.post("/account/", {"name": "mine", "scope": "read", "days": "1"})
for cookie in client.cookies.values():
    print(cookie.OutputString())
"""


@pytest.mark.parametrize("https", ["off", "on"])
def test_every_cookie_is_closed_to_scripts_and_other_sites(
    tmp_path: Path, https: str
) -> None:
    variables = {"DJANGO_SETTINGS_MODULE": "noising_site.settings", "HTTPS": https}
    done = subprocess.run(
        [sys.executable, "-c", SETS_COOKIES],
        cwd=ROOT,
        env=environment(DATA_DIR=str(tmp_path), **variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cookies = {line.split("=")[0]: line for line in done.stdout.splitlines()}
    assert {"sessionid", "csrftoken"} <= cookies.keys()
    for line in cookies.values():
        assert "HttpOnly" in line, line
        assert "SameSite=Lax" in line, line
        assert ("Secure" in line) == (https == "on"), line
