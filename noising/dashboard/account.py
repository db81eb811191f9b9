"""The account page, which lists, creates and revokes tokens."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from noising import services
from noising.models import LONGEST_TOKEN_NAME, AccessToken, Scope

SCOPES = [
    (Scope.READ, "read: read and compute"),
    (Scope.WRITE, "write: also store objects and change your own"),
    (Scope.ADMIN, "admin: everything you may do, including tokens"),
]

SECRET_COOKIE = "new_token"  # noqa: S105 - the name of the cookie
SECRET_SECONDS = 60


class TokenForm(forms.Form):
    """The form for a new token."""

    name = forms.CharField(
        max_length=LONGEST_TOKEN_NAME, help_text="To recognise it in the list."
    )
    scope = forms.ChoiceField(choices=SCOPES, initial=Scope.READ)
    days = forms.IntegerField(
        min_value=1,
        max_value=services.MOST_DAYS,
        initial=services.DEFAULT_DAYS,
        label="Days until it expires",
    )

    def create(self, user: User) -> services.NewToken | None:
        """Create the token; errors of the service become errors of the form."""
        if not self.is_valid():
            return None
        given = self.cleaned_data | {"scope": Scope(self.cleaned_data["scope"])}
        try:
            return services.token_create(user=user, **given)
        except ValidationError as error:
            self.add_error(None, error)
            return None


@never_cache
@login_required
@sensitive_variables("new_token", "context", "response")
@require_http_methods(["GET", "HEAD", "POST"])
def show_account(request: HttpRequest) -> HttpResponse:
    """Show the account's tokens; POST creates one and redirects to its secret.

    The secret is in a signed cookie, which the next response deletes: reloading that
    page sends no form again.
    """
    form, status = TokenForm(), 200
    user: Any = request.user
    if request.method == "POST":
        form = TokenForm(request.POST)
        new_token = form.create(user)
        if new_token is not None:
            return _redirect_with_secret(new_token)
        status = 422
    context = {
        "section": "account",
        "form": form,
        "made": _read_secret(request),
        "origin": f"{request.scheme}://{request.get_host()}",
        "tokens": AccessToken.objects.of(user.pk),
    }
    response = render(request, "account/account.html", context, status=status)
    response.delete_cookie(SECRET_COOKIE, path=reverse("pages:account"))
    return response


@sensitive_variables()
def _redirect_with_secret(new_token: services.NewToken) -> HttpResponse:
    response = redirect("pages:account")
    response.set_signed_cookie(
        SECRET_COOKIE,
        json.dumps([new_token.token.name, new_token.secret]),
        max_age=SECRET_SECONDS,
        path=reverse("pages:account"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@sensitive_variables()
def _read_secret(request: HttpRequest) -> dict[str, str] | None:
    """Return name and secret of the token that was just created, if there is one."""
    kept = request.get_signed_cookie(SECRET_COOKIE, None, max_age=SECRET_SECONDS)
    if kept is None:
        return None
    name, secret = json.loads(kept)
    return {"name": name, "secret": secret}


@never_cache
@login_required
@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke a token of the account."""
    own = AccessToken.objects.of(request.user.pk)
    services.token_revoke(token=get_object_or_404(own, pk=token_id))
    return redirect("pages:account")
