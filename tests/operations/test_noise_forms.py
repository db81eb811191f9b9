"""Batches and trajectories over a real connection, in every format."""

import http.client
import re
import subprocess
import sys
from contextlib import closing

import numpy as np
import orjson
import pytest

from noising.engine import build_process
from tests.api.v1.forms import FORMS, JSON, body_of, tokens_of
from tests.operations.servers import ROOT, Server, environment

DOCUMENT = ROOT / "docs" / "batches.md"

TOKENS = np.random.default_rng(3).integers(0, 50257, (64, 128)).astype(np.uint16)


@pytest.mark.parametrize("accept", FORMS)
@pytest.mark.parametrize("form", FORMS)
def test_a_batch_is_the_engines_bit_for_bit(server: Server, form, accept):
    query, body = body_of(form, TOKENS, timesteps=700, seed=11)
    headers = {"Content-Type": form, "Accept": accept}
    with closing(connect(server)) as connection:
        connection.request("POST", f"/api/v1/noise{query}", body, headers)
        response = connection.getresponse()
        content = response.read()
    assert response.status == 200, content
    assert response.getheader("Content-Type") == accept
    assert response.getheader("Noise-Seed") == "11"
    expected = build_process({}).noise(TOKENS, 700, seed=11).tokens
    assert (tokens_of(accept, content) == expected).all()


def test_a_trajectory_is_sent_line_by_line(server: Server):
    fields = {"tokens": TOKENS[0].tolist(), "timesteps": list(range(0, 1000, 10))}
    with closing(connect(server)) as connection:
        headers = {"Content-Type": JSON}
        body = orjson.dumps(fields | {"seed": 11, "kind": "markov"})
        connection.request("POST", "/api/v1/trajectory", body, headers)
        response = connection.getresponse()
        assert response.getheader("Transfer-Encoding") == "chunked"
        lines = [orjson.loads(line) for line in response]
    expected = build_process({}).sample_path(TOKENS[0], fields["timesteps"], seed=11)
    assert [line["noised_tokens"] for line in lines] == expected.tolist()


def test_the_connection_outlives_a_stream_that_ended(server: Server):
    with closing(connect(server)) as connection:
        for _ in range(2):
            body = orjson.dumps({"tokens": [1, 2], "timesteps": [5, 6]})
            headers = {"Content-Type": JSON}
            connection.request("POST", "/api/v1/trajectory", body, headers)
            assert len(connection.getresponse().read().splitlines()) == 2


def test_the_example_of_the_document_prints_what_is_shown(server: Server):
    program, output = re.search(
        r"```python\n(.*?)```\n\n```text\n(.*?)```", DOCUMENT.read_text(), re.DOTALL
    ).groups()
    here = program.replace("localhost:8000", f"localhost:{server.port}")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", here],
        cwd=ROOT,
        env=environment(NO_PROXY="localhost"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == output


def connect(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
