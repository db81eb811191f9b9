"""Benchmark runs over HTTP: asked for, followed, read, compared."""
