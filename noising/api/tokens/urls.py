"""The routes of an account's own tokens."""

from django.urls import path

from noising.api.tokens.views import TokensView, TokenView

urlpatterns = [
    path("tokens", TokensView.as_view(), name="tokens"),
    path("tokens/<int:token_id>", TokenView.as_view(), name="token"),
]
