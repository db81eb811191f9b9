"""The checks of an audit, each with its counts and its tests."""
