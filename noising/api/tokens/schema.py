"""What the token endpoints say about themselves in the OpenAPI document."""

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)

from noising.api.openapi.responses import (
    JSON,
    ProblemSerializer,
    header,
    problems,
    success,
)
from noising.api.problems import MEDIA_TYPE
from noising.api.tokens.requests import (
    NewTokenSerializer,
    TokenListSerializer,
    TokenRequestSerializer,
    TokenSerializer,
)

REQUEST = {"name": "training", "scope": "write", "days": 30}

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
NOT_KEPT = header("Cache-Control", "Caches must not store the response.", 200, 201)
NOT_FOUND = {
    (404, MEDIA_TYPE): OpenApiResponse(
        ProblemSerializer, "The account has no token with this id."
    )
}

LIST = extend_schema(
    operation_id="tokens_list",
    summary="List the account's access tokens",
    tags=["access"],
    parameters=[NOT_KEPT],
    responses=success(TokenListSerializer, "The tokens, the newest first.")
    | problems(406),
)
CREATE = extend_schema(
    operation_id="tokens_create",
    summary="Create an access token",
    description="This needs a session, or a token of scope admin.",
    tags=["access"],
    request=TokenRequestSerializer,
    examples=[OpenApiExample("For a month", REQUEST, request_only=True)],
    parameters=[LOCATION, NOT_KEPT],
    responses={
        (201, JSON): OpenApiResponse(
            NewTokenSerializer, "The token with its secret, which is not shown again."
        )
    }
    | problems(400, 406, 413, 415, 422),
)
READ = extend_schema(
    operation_id="tokens_read",
    summary="Read one of the account's access tokens",
    tags=["access"],
    parameters=[ID, NOT_KEPT],
    responses=success(TokenSerializer, "The token.") | problems(406) | NOT_FOUND,
)
REVOKE = extend_schema(
    operation_id="tokens_revoke",
    summary="Revoke an access token",
    description="This needs a session, or a token of scope admin.",
    tags=["access"],
    parameters=[ID],
    responses={204: OpenApiResponse(description="The token is revoked.")}
    | problems(406)
    | NOT_FOUND,
)
