"""Version 1 of the API: batches, exact quantities, schedules, runs, text."""
