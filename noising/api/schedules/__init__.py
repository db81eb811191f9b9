"""Schedules that have a name: kept, looked at, compared, imported."""
