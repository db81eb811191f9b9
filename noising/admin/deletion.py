"""Deleting in admin: with the services, and only what is not in use."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from noising.services import InUseError


class ServiceDeletion(admin.ModelAdmin):  # type: ignore[type-arg]  # no generics at run time
    """Rows whose `delete_model` calls a service."""

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> Any:
        """Return what is deleted too, and why what is in use cannot be deleted."""
        deleted, counts, permissions, protected = super().get_deleted_objects(
            objs, request
        )
        uses = [f"{obj}: {use}" for obj in objs if (use := obj.find_use())]
        return deleted, counts, permissions, uses or protected

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete the selected rows, each with the service.

        Raises:
            PermissionDenied: one has come into use since the page asked.
        """
        for obj in queryset:
            try:
                self.delete_model(request, obj)
            except InUseError as error:
                raise PermissionDenied(str(error)) from None
