"""The pages of benchmark runs."""
