"""Accounts and groups in admin: Django's, without what screen readers cannot use."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class AccountAdmin(UserAdmin):  # type: ignore[type-arg]  # no generics at run time
    """Accounts. Django sets both times, so nobody types them."""

    list_display = ("username", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    # Its widget has icons that only a pointer can read.
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")


@admin.register(Group)
class RolesAdmin(GroupAdmin):
    """Groups of accounts, for their permissions."""

    filter_horizontal = ()
