"""A client that openapi-python-client generates from the OpenAPI document."""

import compileall
import importlib
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from django.core.management import call_command

from noising.configured import default_process
from noising_site.wsgi import application

GENERATOR = Path(sys.executable).with_name("openapi-python-client")

# It knows JSON; what is none passes as bytes.
CONFIG = """
content_type_overrides:
  application/x-npy: application/octet-stream
  application/x-npz: application/octet-stream
  application/vnd.safetensors: application/octet-stream
  application/x-ndjson: application/octet-stream
  application/pdf: application/octet-stream
  image/png: application/octet-stream
  image/svg+xml: application/octet-stream
  text/csv: application/octet-stream
post_hooks: []
"""


@pytest.mark.django_db
def test_it_leaves_nothing_out_and_gets_the_engines_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("spectacular", file=str(tmp_path / "schema.yaml"))
    (tmp_path / "config.yaml").write_text(CONFIG)
    done = subprocess.run(
        [
            *(GENERATOR, "generate", "--path", "schema.yaml", "--meta", "none"),
            *("--output-path", "generated_noising", "--config", "config.yaml"),
            "--fail-on-warning",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout

    assert compileall.compile_dir(tmp_path / "generated_noising", quiet=1)
    monkeypatch.syspath_prepend(tmp_path)
    package = importlib.import_module("generated_noising")
    core = importlib.import_module("generated_noising.api.core.noise")
    info = importlib.import_module("generated_noising.api.core.info")
    models = importlib.import_module("generated_noising.models")
    client = package.Client("http://localhost").set_httpx_client(
        httpx.Client(
            base_url="http://localhost", transport=httpx.WSGITransport(app=application)
        )
    )
    body = models.NoiseRequest(tokens=[5, 6, 7], timestep=900, seed=7)
    noised = core.sync(client=client, body=body)
    assert info.sync(client=client).vocab_size == 50_257
    expected = default_process().noise([5, 6, 7], 900, seed=7).tokens
    assert noised.noised_tokens == expected.tolist()
