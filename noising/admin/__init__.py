"""Django admin: schedule configurations and benchmark runs."""

from django.contrib import admin

from noising.admin.runs import BenchmarkRunAdmin
from noising.admin.schedules import ScheduleConfigAdmin

__all__ = ["BenchmarkRunAdmin", "ScheduleConfigAdmin"]

admin.site.site_header = "Noising Service"
admin.site.site_title = "Noising Service"
admin.site.index_title = "Schedules, runs and accounts"
