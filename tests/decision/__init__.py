"""Tests of noising.decision."""
