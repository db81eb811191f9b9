"""Benchmarks of noise schedules, which read and write files and need no database."""
