"""An account's own tokens: parse, call, respond."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError as Refusal
from rest_framework.serializers import as_serializer_error

from noising import services
from noising.api.access import AccountRequired
from noising.api.base import RegistryView
from noising.api.tokens import schema
from noising.api.tokens.requests import TokenRequestSerializer, token_document
from noising.models import AccessToken, Scope

NO_STORE = {"Cache-Control": "no-store"}


class OwnTokensView(RegistryView):
    """A view of tokens: nobody sees another account's, or makes them unasked.

    A token that could make tokens would outlive its end and outgrow its scope: only
    one of scope ``admin`` may.
    """

    permission_classes = (AccountRequired,)
    write_scope = Scope.ADMIN


class TokensView(OwnTokensView):
    """GET and POST /api/v1/tokens."""

    @schema.LIST
    def get(self, request: Request) -> Response:
        """List the account's tokens."""
        tokens = [token_document(t) for t in AccessToken.objects.of(request.user.pk)]
        page = {"count": len(tokens), "next": None, "previous": None, "results": tokens}
        return Response(page, headers=NO_STORE)

    @schema.CREATE
    def post(self, request: Request) -> Response:
        """Create a token and show its secret, once."""
        parsed = TokenRequestSerializer(data=request.data)
        parsed.is_valid(raise_exception=True)
        user: Any = request.user
        try:
            made = services.token_create(user=user, **parsed.validated_data)
        except ValidationError as error:
            raise Refusal(as_serializer_error(error)) from None
        location = reverse("v1:token", kwargs={"token_id": made.token.pk})
        return Response(
            token_document(made.token) | {"token": made.secret},
            status=HTTPStatus.CREATED,
            headers=NO_STORE | {"Location": location},
        )


class TokenView(OwnTokensView):
    """GET and DELETE /api/v1/tokens/{id}."""

    @schema.READ
    def get(self, request: Request, token_id: int) -> Response:
        """Return one of the account's tokens."""
        token = get_object_or_404(AccessToken.objects.of(request.user.pk), pk=token_id)
        return Response(token_document(token), headers=NO_STORE)

    @schema.REVOKE
    def delete(self, request: Request, token_id: int) -> Response:
        """Revoke it."""
        token = get_object_or_404(AccessToken.objects.of(request.user.pk), pk=token_id)
        services.token_revoke(token=token)
        return Response(status=HTTPStatus.NO_CONTENT)
