"""/api/v1/tokens: an account's own tokens."""
