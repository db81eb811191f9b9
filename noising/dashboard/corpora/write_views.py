"""The buttons and forms that change a corpus or queue a run on it."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from benchmarks.cases import DEFAULT_SAMPLES, UsageError
from noising.corpora import (
    corpus_compare,
    corpus_rename,
    load_data,
    make_reader,
)
from noising.dashboard.access import (
    button_view,
    form_view,
    get_own_corpus_or_404,
)
from noising.dashboard.corpora.context import build_page, list_losses
from noising.dashboard.corpora.forms import ComparisonForm, NameForm
from noising.dashboard.deletion import Deletion, confirm_deletion
from noising.runs import (
    QueueFullError,
    RunStateError,
    RunTooLargeError,
    resolve_config,
    run_create,
)
from noising.services import corpus_delete

REFUSALS = (QueueFullError, RunStateError, RunTooLargeError, UsageError)


@button_view
def compare_on_corpus(request: HttpRequest, corpus_id: UUID) -> HttpResponse:
    """Compare other schedules on a corpus, in place of the last comparison."""
    corpus = get_own_corpus_or_404(request, corpus_id)
    form = ComparisonForm(request.POST)
    comparison = None
    if form.is_valid():
        comparison = form.compare(make_reader(load_data(corpus)))
    if comparison is None:
        page = build_page(corpus, form)
        return render(request, "corpora/corpus.html", page, status=422)
    corpus_compare(corpus=corpus, comparison=comparison)
    return redirect(corpus)


@button_view
def run_on_corpus(request: HttpRequest, corpus_id: UUID) -> HttpResponse:
    """Queue a benchmark of the compared schedules on a corpus."""
    user: Any = request.user
    corpus = get_own_corpus_or_404(request, corpus_id)
    chosen = ComparisonForm.describe(corpus.comparison)
    names = chosen["schedules"]
    try:
        config = resolve_config(
            schedules=names,
            baseline=names[0],
            corpus=corpus.reference,
            timesteps=None,
            samples=DEFAULT_SAMPLES,
            seed=0,
            decision=True,
            graph={"type": chosen["graph"]},
            num_timesteps=chosen["num_timesteps"],
        )
        run = run_create(config=config, owner=user)
    except REFUSALS as error:
        messages.error(request, str(error))
        return redirect(corpus)
    messages.success(request, "The run was added to the queue.")
    return redirect(run)


@button_view
def rename_corpus(request: HttpRequest, corpus_id: UUID) -> HttpResponse:
    """Change the name of a corpus."""
    corpus = get_own_corpus_or_404(request, corpus_id)
    form = NameForm(request.POST)
    if form.is_valid():
        corpus_rename(corpus=corpus, name=form.cleaned_data["name"])
        messages.success(request, "The corpus has its new name.")
    else:
        reason = " ".join(str(each) for each in form.errors["name"])
        messages.error(request, f"The name was not changed. {reason}")
    return redirect(corpus)


@form_view
def delete_corpus(request: HttpRequest, corpus_id: UUID) -> HttpResponse:
    """Delete a corpus; the page says what becomes of the runs on it."""
    corpus = get_own_corpus_or_404(request, corpus_id)
    deletion = Deletion(
        section="data",
        title=f"the corpus {corpus.name}",
        losses=list_losses(corpus),
    )
    write = partial(corpus_delete, corpus=corpus)
    return confirm_deletion(request, corpus, write, deletion)
