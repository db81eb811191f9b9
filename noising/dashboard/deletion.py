"""The page that asks before an object is deleted, or says why it cannot be."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from noising.models import Audit, BenchmarkRun, Corpus, Job, ScheduleConfig
from noising.services import InUseError

NAMED_USERS = 10
"""How many of the objects that refer to another one the page lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """What the page says about an object.

    Attributes:
        section: the section of the site; its list follows.
        title: the object, as part of a sentence.
        losses: what is lost with the object, a sentence each.
        users: what refers to the object; the first of these are listed.
        archive: the URL of the button that archives it; empty if it cannot be.
    """

    section: str
    title: str
    losses: Sequence[str]
    users: Iterable[BenchmarkRun] = ()
    archive: str = ""


def confirm_deletion(
    request: HttpRequest,
    owned: ScheduleConfig | BenchmarkRun | Audit | Corpus | Job,
    delete: Callable[[], object],
    deletion: Deletion,
) -> HttpResponse:
    """Show what would be lost, or delete the object and redirect to the list.

    Args:
        request: the request of an account that may change the object.
        owned: the object.
        delete: the service that deletes it.
        deletion: what the page says.
    """
    use, status = owned.find_use(), 200
    if request.method == "POST":
        try:
            delete()
        except InUseError as error:
            use, status = str(error), 409
        else:
            title = deletion.title[:1].upper() + deletion.title[1:]
            messages.success(request, f"{title} is deleted.")
            return redirect(f"pages:{deletion.section}")
    context: dict[str, Any] = {
        "section": deletion.section,
        "list_route": f"pages:{deletion.section}",
        "deletion": deletion,
        "owned": owned,
        "use": use,
        "users": list(deletion.users)[:NAMED_USERS] if use else [],
    }
    return render(request, "pages/delete.html", context, status=status)
