"""Access in admin: tokens can be revoked there, the audit log can only be read."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from noising import services
from noising.models import AccessToken, AuditEntry


class WrittenElsewhere(admin.ModelAdmin):  # type: ignore[type-arg]  # no generics at run time
    """Rows that nobody types."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They come about by themselves."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """They stay as they are."""
        return False


@admin.register(AccessToken)
class AccessTokenAdmin(WrittenElsewhere):
    """All accounts' tokens; deleting one revokes it."""

    list_display = ("id", "name", "user", "scope", "created", "expiry", "last_used")
    list_filter = ("scope", "created", "expiry")
    search_fields = ("name", "user__username", "token_key")
    fields = (
        *("name", "user", "scope", "token_key"),
        *("created", "expiry", "last_used"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessToken]:
        """With their accounts, in one query."""
        queryset: QuerySet[AccessToken] = super().get_queryset(request)
        return queryset.select_related("user")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Revoke it as everybody does."""
        services.token_revoke(token=obj)


@admin.register(AuditEntry)
class AuditEntryAdmin(WrittenElsewhere):
    """Who wrote what, newest first."""

    list_display = (
        *("at", "account_name", "action", "outcome", "status"),
        *("address", "token_name", "path"),
    )
    list_filter = ("outcome", "at")
    search_fields = ("account_name", "action", "path", "token_name", "request_id")
    date_hierarchy = "at"
    list_per_page = 100

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Entries go by their age alone."""
        return False
