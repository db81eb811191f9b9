"""POST marginal, posterior and score-ratio: exact distributions over the states."""
