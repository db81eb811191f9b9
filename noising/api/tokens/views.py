"""An account's own tokens: parse, call, respond."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError as Refusal
from rest_framework.serializers import as_serializer_error
from rest_framework.viewsets import GenericViewSet

from noising import services
from noising.api.access import AccountRequired
from noising.api.base import RegistryView
from noising.api.openapi.responses import header, problems, success
from noising.api.tokens.requests import TokenRequestSerializer
from noising.api.tokens.responses import (
    NewTokenSerializer,
    TokenListSerializer,
    TokenSerializer,
)
from noising.models import AccessToken, Scope

NO_STORE = {"Cache-Control": "no-store"}

TAGS = ["access"]
MEANINGS = {404: "The account has no token with this id."}
WRITERS = "This needs a session, or a token of scope admin."
EXAMPLE = {"name": "training", "scope": "write", "days": 30}

ID = OpenApiParameter(
    "token_id",
    {"type": "integer", "minimum": 1},
    OpenApiParameter.PATH,
    description="The token's id, as the list shows it.",
)
LOCATION = OpenApiParameter(
    "Location",
    {"type": "string", "format": "uri-reference"},
    OpenApiParameter.HEADER,
    description="The URL of the token.",
    required=True,
    response=[201],
)
NOT_STORED = header("Cache-Control", "Caches must not store the response.", 200, 201)


class TokenViewSet(RegistryView, GenericViewSet[AccessToken]):
    """/api/v1/tokens: nobody sees another account's tokens.

    Only a token of scope ``admin`` may create tokens. With any other, a program could
    extend its time and its scope.
    """

    permission_classes = (AccountRequired,)
    write_scope = Scope.ADMIN
    lookup_url_kwarg = "token_id"
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[AccessToken]:
        """Return the account's own tokens, the newest first."""
        tokens: QuerySet[AccessToken] = AccessToken.objects.of(self.request.user.pk)
        return tokens

    def get_object(self) -> AccessToken:
        """Return one of the account's tokens; no further permission is needed."""
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["token_id"])

    @extend_schema(
        operation_id="tokens_list",
        summary="List the account's access tokens",
        tags=TAGS,
        parameters=[NOT_STORED],
        responses=success(TokenListSerializer, "The tokens, the newest first.")
        | problems(406),
    )
    def list(self, request: Request) -> Response:
        """List the account's tokens."""
        tokens = list(self.get_queryset())
        page = {"count": len(tokens), "next": None, "previous": None, "results": tokens}
        return Response(TokenListSerializer(page).data, headers=NO_STORE)

    @extend_schema(
        operation_id="tokens_create",
        summary="Create an access token",
        description=WRITERS,
        tags=TAGS,
        request=TokenRequestSerializer,
        examples=[OpenApiExample("For a month", EXAMPLE, request_only=True)],
        parameters=[LOCATION, NOT_STORED],
        responses=success(
            NewTokenSerializer,
            "The token with its secret, which is not shown again.",
            status=201,
        )
        | problems(400, 406, 413, 415, 422),
    )
    def create(self, request: Request) -> Response:
        """Create a token and show its secret, once."""
        parsed = TokenRequestSerializer(data=request.data)
        parsed.is_valid(raise_exception=True)
        user: Any = request.user
        try:
            new = services.token_create(user=user, **parsed.validated_data)
        except ValidationError as error:
            raise Refusal(as_serializer_error(error)) from None
        location = reverse("v1:token-detail", kwargs={"token_id": new.token.pk})
        return Response(
            NewTokenSerializer(new.token, context={"secret": new.secret}).data,
            status=HTTPStatus.CREATED,
            headers=NO_STORE | {"Location": location},
        )

    @extend_schema(
        operation_id="tokens_read",
        summary="Read one of the account's access tokens",
        tags=TAGS,
        parameters=[ID, NOT_STORED],
        responses=success(TokenSerializer, "The token.")
        | problems(406, 404, words=MEANINGS),
    )
    def retrieve(self, request: Request, token_id: int) -> Response:
        """Return one of the account's tokens."""
        return Response(TokenSerializer(self.get_object()).data, headers=NO_STORE)

    @extend_schema(
        operation_id="tokens_revoke",
        summary="Revoke an access token",
        description=WRITERS,
        tags=TAGS,
        parameters=[ID],
        responses={204: OpenApiResponse(description="The token is revoked.")}
        | problems(406, 404, words=MEANINGS),
    )
    def destroy(self, request: Request, token_id: int) -> Response:
        """Revoke a token."""
        services.token_revoke(token=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)
