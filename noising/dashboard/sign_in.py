"""The login page and the page that changes the password, with limited failures."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from noising import services
from noising.models import ThrottleHit


class SignInView(LoginView):
    """The login page, also for the admin."""

    template_name = "account/login.html"

    hits: list[ThrottleHit]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count the attempt first; ThrottledError becomes a 429."""
        self.username = request.POST.get("username", "")
        self.origin = services.Origin.of(request.path, request.META)
        self.hits = services.login_attempt(
            username=self.username, address=request.META.get("REMOTE_ADDR", "")
        )
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in."""
        response = super().form_valid(form)
        services.login_succeed(
            username=form.get_user().get_username(),
            hits=self.hits,
            status=response.status_code,
            origin=self.origin,
        )
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Show the form again."""
        response = super().form_invalid(form)
        response.status_code = 403
        services.login_fail(
            username=self.username, status=response.status_code, origin=self.origin
        )
        return response


@method_decorator(never_cache, name="dispatch")
class PasswordView(PasswordChangeView):
    """Changes the password; a wrong old password counts like a failed login."""

    template_name = "account/password.html"
    success_url = reverse_lazy("pages:account")

    hits: list[ThrottleHit]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count the attempt first; ThrottledError becomes a 429."""
        self.hits = services.login_attempt(username=request.user.get_username())
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Change the password, which ends the account's other sessions."""
        services.throttle_release(hits=self.hits)
        return super().form_valid(form)

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        """Show the form again."""
        if "old_password" not in form.errors:
            services.throttle_release(hits=self.hits)
        response = super().form_invalid(form)
        response.status_code = 422
        return response
