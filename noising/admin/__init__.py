"""Django admin: accounts, what they store, tokens and the audit log."""

from django.contrib import admin
from django_tasks_db.models import DBTaskResult

from noising.admin.access import AccessTokenAdmin, AuditEntryAdmin
from noising.admin.accounts import AccountAdmin, RolesAdmin
from noising.admin.audits import AuditAdmin
from noising.admin.corpora import CorpusAdmin
from noising.admin.jobs import JobAdmin
from noising.admin.runs import BenchmarkRunAdmin
from noising.admin.schedules import ScheduleConfigAdmin

__all__ = [
    "AccessTokenAdmin",
    "AccountAdmin",
    "AuditAdmin",
    "AuditEntryAdmin",
    "BenchmarkRunAdmin",
    "CorpusAdmin",
    "JobAdmin",
    "RolesAdmin",
    "ScheduleConfigAdmin",
]

# The queue's rows repeat what runs say of themselves.
admin.site.unregister(DBTaskResult)
admin.site.enable_nav_sidebar = False
admin.site.site_header = "Noising Service"
admin.site.site_title = "Noising Service"
admin.site.index_title = "Schedules, runs, corpora, jobs, audits and accounts"
