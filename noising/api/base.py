"""The base classes of views: each decides what a view uses and who may use it.

For a view without one of these base classes, the settings apply: every request needs an
account, and a write with a token needs the scope ``write``.
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
    NEEDS_ACCOUNT,
    AccountToWrite,
    SessionAuthentication,
    TokenAuthentication,
    is_closed,
)
from noising.models import Scope


class ServiceView(APIView):
    """A view that responds to OPTIONS without DRF's description of itself."""

    write_scope = Scope.WRITE
    """The scope that a token needs for methods that write."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse an unknown method for every client, then check the request."""
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)

    def check_permissions(self, request: Request) -> None:
        """Count a write before its permissions: a refused write counts too."""
        super().check_throttles(request)
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        """Count nothing: `check_permissions` has counted the request."""

    def permission_denied(
        self, request: Request, message: str | None = None, code: str | None = None
    ) -> Never:
        """Refuse with 401 if an account might help, else with 403."""
        if request.authenticators and not request.successful_authenticator:
            raise NotAuthenticated(NEEDS_ACCOUNT)
        raise PermissionDenied(message, code)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Return the methods in the Allow header, as every response does."""
        return Response(status=HTTPStatus.NO_CONTENT)


class PublicView(ServiceView):
    """A view open to everyone at all times, for probes and the status."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()


class StatelessView(ServiceView):
    """A view that computes from the request alone and stores nothing.

    It uses neither session nor database, unless ACCESS is closed: then it accepts any
    account and any token.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Authenticate the request only with ACCESS=closed."""
        if is_closed():
            return [TokenAuthentication(), SessionAuthentication()]
        return super().get_authenticators()

    def get_permissions(self) -> Sequence[Any]:
        """Admit everyone, or with ACCESS=closed every account."""
        return [IsAuthenticated()] if is_closed() else super().get_permissions()


class RegistryView(ServiceView):
    """A view of stored objects: everyone may read, an account may write.

    Views that change an object call ``self.check_object_permissions(request, obj)``
    first: only the owner of the object and staff may change it.
    """

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes: Sequence[type[BasePermission]] = (AccountToWrite,)
