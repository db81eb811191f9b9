"""Django admin: schedules, benchmark runs, audits, access tokens and the audit log."""

from django.contrib import admin

from noising.admin.access import AccessTokenAdmin, AuditEntryAdmin
from noising.admin.audits import AuditAdmin
from noising.admin.runs import BenchmarkRunAdmin
from noising.admin.schedules import ScheduleConfigAdmin

__all__ = [
    "AccessTokenAdmin",
    "AuditAdmin",
    "AuditEntryAdmin",
    "BenchmarkRunAdmin",
    "ScheduleConfigAdmin",
]

admin.site.site_header = "Noising Service"
admin.site.site_title = "Noising Service"
admin.site.index_title = "Schedules, runs, audits and accounts"
