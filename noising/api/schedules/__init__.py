"""/api/v1/schedules: stored schedules; also curves, comparison and import."""
