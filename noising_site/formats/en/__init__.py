"""Formats in English, which is the only language."""
