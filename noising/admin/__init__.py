"""Django admin: schedule configurations, benchmark runs, and who has access."""

from django.contrib import admin

from noising.admin.access import AccessTokenAdmin, AuditEntryAdmin
from noising.admin.runs import BenchmarkRunAdmin
from noising.admin.schedules import ScheduleConfigAdmin

__all__ = [
    "AccessTokenAdmin",
    "AuditEntryAdmin",
    "BenchmarkRunAdmin",
    "ScheduleConfigAdmin",
]

admin.site.site_header = "Noising Service"
admin.site.site_title = "Noising Service"
admin.site.index_title = "Schedules, runs and accounts"
