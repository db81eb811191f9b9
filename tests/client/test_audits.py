"""Audits by the client."""

from pathlib import Path

import pytest

from noising.client import (
    ConflictError,
    InvalidRequestError,
    NoisingClient,
    NotFoundError,
)
from tests.audits import CLAIM, npz, pairs


def test_pairs_are_audited_read_compared_and_archived(
    writer: NoisingClient, tmp_path: Path
) -> None:
    wrong = writer.audits.create(
        **pairs(faulty=True), schedule=CLAIM, name="before", tags=["a", "b"], keep=True
    )
    assert (wrong["verdict"], wrong["tags"]) == ("failed", ["a", "b"])
    file = tmp_path / "pairs.npz"
    file.write_bytes(npz(**pairs()))
    right = writer.audits.create_from_file(file, schedule=CLAIM, method="uniform")
    assert right["verdict"] == "passed"
    assert right["report"]["claims"]["method"] == "uniform"
    compared = writer.audits.compare([wrong["id"], right["id"]])
    changes = {
        row["code"]: row["values"][right["id"]]["change"] for row in compared["codes"]
    }
    assert changes["wrong_alpha"] == "gone"
    assert [entry["id"] for entry in writer.audits.list(verdict="failed")] == [
        wrong["id"]
    ]
    assert writer.audits.get(wrong["id"])["report"] == wrong["report"]
    for kind, start in (("json", b"{"), ("csv", b"code,"), ("pdf", b"%PDF")):
        assert writer.audits.export(wrong["id"], format=kind).startswith(start)
    assert writer.audits.plot(wrong["id"], "alpha", format="png").startswith(b"\x89PNG")
    assert len(writer.audits.pairs(wrong["id"])) > 1000
    writer.audits.discard_pairs(wrong["id"])
    with pytest.raises(NotFoundError):
        writer.audits.pairs(wrong["id"])
    assert writer.audits.update(wrong["id"], name="Before")["name"] == "Before"
    writer.audits.archive(wrong["id"])
    assert [entry["id"] for entry in writer.audits.list()] == [right["id"]]
    assert writer.audits.unarchive(wrong["id"])["archived_at"] is None
    writer.audits.delete(wrong["id"])
    with pytest.raises(NotFoundError):
        writer.audits.get(wrong["id"])


def test_what_cannot_be_audited_is_an_error(
    writer: NoisingClient, tmp_path: Path, settings
) -> None:
    with pytest.raises(ValueError, match="must end with"):
        writer.audits.create_from_file(tmp_path / "pairs.pt")
    with pytest.raises(InvalidRequestError, match="`t`"):
        writer.audits.create(**pairs(8, 8) | {"t": [2.0] * 8}, schedule=CLAIM)
    settings.MAX_KEPT_PAIRS = 0
    with pytest.raises(ConflictError, match="the limit is 0"):
        writer.audits.create(**pairs(8, 8), schedule=CLAIM, keep=True)
