"""The dashboard: configuration of the service, newest schedules and runs."""
