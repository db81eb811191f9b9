"""The pages that show an account's corpora, or what a visitor pastes."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from noising.dashboard.access import get_own_corpus_or_404
from noising.dashboard.corpora.context import (
    build_analysis,
    build_page,
    make_inline_charts,
)
from noising.dashboard.corpora.forms import DataForm
from noising.dashboard.listing import Column, ListPage
from noising.filters import CorpusFilters
from noising.models import Corpus

LIST = ListPage(
    section="data",
    folder="corpora",
    noun="corpus",
    plural="corpora",
    hint="names, kinds, tokenizers",
    filters=CorpusFilters,
    columns=(
        Column(name="corpus", label="Corpus", ordering="name", is_wide=True),
        Column(name="kind", label="Kind", ordering="kind"),
        Column(name="tokens", label="Tokens", ordering="tokens", is_number=True),
        Column(
            name="vocabulary",
            label="Vocabulary",
            ordering="vocab_size",
            is_number=True,
        ),
        Column(name="entropy", label="Entropy, nats", is_number=True),
        Column(name="verdict", label="Schedule to take", is_wide=True),
        Column(
            name="size", label="Size", ordering="size", is_number=True, is_extra=True
        ),
        Column(name="created", label="Created", ordering="created_at"),
    ),
)


@never_cache
@require_safe
def list_corpora(request: HttpRequest) -> HttpResponse:
    """Show the account's corpora; a visitor sees what the pages are for."""
    return LIST.respond(request, Corpus.objects.of(request.user.pk).for_list())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add_corpus(request: HttpRequest) -> HttpResponseBase:
    """Show what is known about a text or file; store it if an account wants that."""
    if request.method != "POST":
        return render(
            request, "corpora/new.html", {"section": "data", "form": DataForm()}
        )
    wants_to_store = "store" in request.POST
    if wants_to_store and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    form = DataForm(request.POST, request.FILES)
    analysis = form.analyse()
    if analysis is not None and wants_to_store and request.user.is_authenticated:
        stored = form.store(analysis, request.user)
        if stored is not None:
            if stored.kind != Corpus.Kind.TEXT and form.describe_kind(analysis.data):
                messages.info(request, form.describe_kind(analysis.data))
            return redirect(stored)
    context = {"section": "data", "form": form}
    if analysis is not None:
        data = analysis.data
        context |= {
            "shown": build_analysis(
                data.kind, data.tokenizer, analysis.summary, analysis.comparison
            ),
            "read_as": form.describe_kind(data),
            "charts": make_inline_charts(analysis.comparison),
        }
    status = 422 if form.errors else 200
    return render(request, "corpora/new.html", context, status=status)


@never_cache
@login_required
@require_safe
def show_corpus(request: HttpRequest, corpus_id: UUID) -> HttpResponse:
    """Show a corpus: verdict, curves, facts, tokens."""
    corpus = get_own_corpus_or_404(request, corpus_id)
    return render(request, "corpora/corpus.html", build_page(corpus))
