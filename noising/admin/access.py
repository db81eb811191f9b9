"""Access tokens in admin, only to be revoked, and the audit log, only to be read."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from noising import services
from noising.models import AccessToken, AuditEntry


class WrittenElsewhere(admin.ModelAdmin):  # type: ignore[type-arg]  # no generics at run time
    """Rows that admin neither adds nor changes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: the service adds these rows."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse: these rows do not change."""
        return False


@admin.register(AccessToken)
class AccessTokenAdmin(WrittenElsewhere):
    """The tokens of all accounts; deleting one revokes it."""

    list_display = ("name", "user", "scope", "expiry", "last_used")
    list_filter = ("scope", "created", "expiry")
    search_fields = ("name", "user__username", "token_key")
    fields = (
        *("name", "user", "scope", "token_key"),
        *("created", "expiry", "last_used"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessToken]:
        """Load tokens with their accounts, in one query."""
        queryset: QuerySet[AccessToken] = super().get_queryset(request)
        return queryset.select_related("user")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Revoke the token with the service, as pages and API do."""
        services.token_revoke(token=obj)


@admin.register(AuditEntry)
class AuditEntryAdmin(WrittenElsewhere):
    """The audit log, newest entries first."""

    list_display = ("at", "account_name", "action", "outcome", "path")
    list_filter = ("outcome", "at")
    search_fields = ("account_name", "action", "path", "token_name", "request_id")
    date_hierarchy = "at"
    list_per_page = 100

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse: only pruning deletes entries, by their age."""
        return False
