"""The example of training: a resumed run sees the noise of the uninterrupted one."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from examples import train_tiny

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    threads = torch.get_num_threads()
    monkeypatch.setattr(train_tiny, "VALIDATION_DRAWS", 1)
    monkeypatch.setattr(train_tiny, "EVALUATIONS", 2)
    yield
    torch.set_num_threads(threads)


def test_resumed_runs_see_the_same_noise(tmp_path, capsys):
    assert train_tiny.main(["--steps", "4", "--output", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(train_tiny.SCHEDULES)
    assert all("of 2 resumed steps are equal" in line for line in lines)
    document = json.loads((tmp_path / "validation.json").read_text())
    curves = document["validation_nats"]
    for schedule in train_tiny.SCHEDULES:
        steps, losses = zip(*curves[schedule], strict=True)
        assert steps == (0, 2, 4)
        assert losses[0] > losses[1] > losses[2] > 0
    assert curves["token frequencies"][0][1] == pytest.approx(3.9728, abs=1e-4)
    assert (tmp_path / "validation.svg").read_text().startswith("<?xml")


def test_other_noise_after_a_resume_is_reported(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(train_tiny, "SCHEDULES", ("cosine",))
    load = train_tiny.Run.load

    def load_wrongly(self, path):
        load(self, path)
        self.noiser.seed += 1

    monkeypatch.setattr(train_tiny.Run, "load", load_wrongly)
    assert train_tiny.main(["--steps", "2", "--output", str(tmp_path)]) == 1
    assert "are DIFFERENT" in capsys.readouterr().out


@pytest.mark.parametrize("steps", ["1", "x"])
def test_wrong_arguments(steps, capsys):
    with pytest.raises(SystemExit) as caught:
        train_tiny.main(["--steps", steps])
    assert caught.value.code == 2
    assert "argument --steps" in capsys.readouterr().err


def test_the_document_shows_the_plot():
    text = (ROOT / "docs" / "training.md").read_text()
    assert "](images/validation.svg)" in text
    assert (ROOT / "docs" / "images" / "validation.svg").is_file()
