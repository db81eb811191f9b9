"""ACCESS=closed, for pages and documents; every route is walked elsewhere."""

import pytest
from django.test import Client
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.api.access import account, bearer, session_client, token_client
from tests.api.problems import problem_of

pytestmark = pytest.mark.django_db

BROWSER = {"accept": "text/html,*/*;q=0.8"}


class Foreign(APIView):
    """A view of DRF's own kind, which its author left open."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request):
        return Response("open")


urlpatterns = [path("foreign", Foreign.as_view())]


@pytest.fixture(autouse=True)
def _closed(settings) -> None:
    settings.ACCESS = "closed"


def test_a_browser_is_led_to_the_login_and_back():
    client = Client(headers=BROWSER)
    response = client.get("/dashboard/?a=1")
    assert response.status_code == 302
    assert response.headers["Location"] == "/account/login/?next=/dashboard/%3Fa%3D1"
    posted = client.post("/dashboard/")
    assert posted.headers["Location"] == "/account/login/?next=/"


@pytest.mark.parametrize("address", ["/dashboard/", "/api/schema/", "/api/docs/"])
def test_a_program_is_asked_for_a_token(address):
    response = Client().get(address)
    problem_of(response, 401)
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="Noising Service"'
    problem_of(bearer("wrong").get(address), 401)


@pytest.mark.parametrize("address", ["/", "/dashboard/", "/api/schema/", "/api/docs/"])
def test_an_account_sees_pages_and_documents(address):
    ada = account()
    for client in (session_client(ada), token_client(ada)):
        assert client.get(address, headers=BROWSER).status_code == 200


def test_a_token_opens_no_admin_and_sends_no_form():
    root = account(is_staff=True, is_superuser=True)
    client = token_client(root)
    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")
    assert client.get("/account/").headers["Location"].startswith("/account/login/")


def test_what_belongs_to_an_account_is_not_shared_by_caches():
    response = session_client(account()).get("/dashboard/")
    assert "Cookie" in response.headers["Vary"]


@pytest.mark.urls(__name__)
def test_a_view_that_says_nothing_about_access_is_closed(settings):
    assert Client().get("/foreign").status_code == 401
    settings.ACCESS = "open"
    assert Client().get("/foreign").status_code == 200


def test_the_status_static_files_and_the_login_stay_open():
    client = Client()
    assert client.get("/").json()["status"] == "operational"
    assert client.get("/livez").status_code == 200
    static = client.get("/static/noising/css/base.css")
    static.close()
    assert static.status_code == 200
    assert client.get("/account/login/", headers=BROWSER).status_code == 200
