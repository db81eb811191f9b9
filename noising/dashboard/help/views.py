"""The pages of the documents, and the images that these show."""

from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from noising.documents import FOLDER, IMAGES, find_document, list_documents


@require_safe
def list_help(request: HttpRequest) -> HttpResponse:
    """List all documents."""
    context = {"section": "help", "groups": list_documents()}
    return render(request, "help/list.html", context)


@require_safe
def show_document(request: HttpRequest, name: str) -> HttpResponse:
    """Show a document."""
    try:
        document = find_document(name)
    except FileNotFoundError:
        raise Http404(f"There is no document named {name}.") from None
    context = {"section": "help", "document": document, "groups": list_documents()}
    return render(request, "help/document.html", context)


@require_safe
def serve_image(request: HttpRequest, name: str) -> HttpResponseBase:
    """Respond with an image of the documents."""
    path = FOLDER / "images" / name
    kind = IMAGES.get(Path(name).suffix)
    if kind is None or path not in (FOLDER / "images").iterdir():
        raise Http404(f"There is no image named {name}.")
    return FileResponse(path.open("rb"), content_type=kind)
