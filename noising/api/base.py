"""The kinds of views: each says what it touches and whom it answers.

A view that names no kind is closed: an account for everything, and for writes a token
of scope ``write``, as the settings say.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Never

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import (
    MethodNotAllowed,
    NotAuthenticated,
    PermissionDenied,
)
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from noising.api.access import (
    AccountToWrite,
    SessionAuthentication,
    TokenAuthentication,
    is_closed,
)
from noising.models import Scope


class ServiceView(APIView):
    """A view that answers OPTIONS without DRF's description of itself."""

    write_scope = Scope.WRITE
    """What a token needs for the methods that change something."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a method that there is not, whoever asks, then judge the request."""
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)

    def check_permissions(self, request: Request) -> None:
        """Count a write before it is judged: one that is refused counts as well."""
        super().check_throttles(request)
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        """By now everything is counted."""

    def permission_denied(
        self, request: Request, message: str | None = None, code: str | None = None
    ) -> Never:
        """Answer 401 where an account might help, else 403."""
        if request.authenticators and not request.successful_authenticator:
            raise NotAuthenticated(
                "This needs an account: sign in, or send `Authorization: Bearer "
                "<token>` with a token of yours."
            )
        raise PermissionDenied(message, code)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Say which methods there are: in the Allow header, like every answer."""
        return Response(status=HTTPStatus.NO_CONTENT)


class PublicView(ServiceView):
    """A view open to everyone at all times: what probes and first visits ask."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()


class StatelessView(ServiceView):
    """A view that computes from the request alone and keeps nothing.

    It touches neither session nor database, unless ACCESS is closed: then it takes
    any account and any token.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Ask who it is only where that matters."""
        if is_closed():
            return [TokenAuthentication(), SessionAuthentication()]
        return super().get_authenticators()

    def get_permissions(self) -> Sequence[Any]:
        """Take everyone, or everyone with an account."""
        return [IsAuthenticated()] if is_closed() else super().get_permissions()


class RegistryView(ServiceView):
    """A view of what is kept: everyone may read, an account may write.

    Views that change an object call ``self.check_object_permissions(request, obj)``
    first: it must be the account's own, or the account be staff.
    """

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes: Sequence[type[BasePermission]] = (AccountToWrite,)
