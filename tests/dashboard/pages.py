"""What tests of the pages do with them."""

from django.test import Client


def page_text(client: Client, path: str) -> str:
    """Return a page that must be there."""
    response = client.get(path)
    assert response.status_code == 200, response
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return response.content.decode()
