"""/api/v1/audits."""
