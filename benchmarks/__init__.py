"""Benchmarks of noise schedules: files in, files out, no database."""
