"""The dashboard: state of the service, newest schedules and runs."""
