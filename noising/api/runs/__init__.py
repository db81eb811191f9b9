"""/api/v1/runs: benchmark runs."""
