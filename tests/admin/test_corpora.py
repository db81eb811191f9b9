"""Stored corpora in admin: operators see sizes, not contents, and can delete."""

import pytest
from django.test import Client

from noising.models import AuditEntry, Corpus, CorpusTokens
from tests.api.access import account
from tests.corpora import stored_corpus
from tests.dashboard.pages import page_text

pytestmark = pytest.mark.django_db

LIST = "/admin/noising/corpus/"


def test_operators_see_sizes_and_delete_what_is_too_much(admin_client: Client) -> None:
    text = b"unspeakable secret\n\nunspeakable secret again\n"
    first = stored_corpus(owner=account("ada"), name="<b>One", content=text)
    second = stored_corpus(owner=account("bob"), name="Two")
    listed = page_text(admin_client, f"{LIST}?q=ada")
    assert "&lt;b&gt;One" in listed
    assert "Two" not in listed
    page = page_text(admin_client, f"{LIST}{first.pk}/change/")
    for shown in ("ada", first.sha256, f"{first.size_bytes}\xa0bytes"):
        assert shown in page
    for private in ("unspeakable", "secret", "unigram_nats", 'name="_save"'):
        assert private not in page
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{first.pk}/change/", {}).status_code == 403

    admin_client.post(f"{LIST}{first.pk}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [second.pk]}
    question = admin_client.post(LIST, chosen)
    assert "Are you sure" in question.content.decode()
    admin_client.post(LIST, chosen | {"post": "yes"})
    assert not Corpus.objects.exists()
    assert not CorpusTokens.objects.exists()
    assert "POST admin:noising_corpus_delete" in set(
        AuditEntry.objects.values_list("action", flat=True)
    )
