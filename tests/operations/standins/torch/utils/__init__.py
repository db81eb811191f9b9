"""The package that holds `data`."""
