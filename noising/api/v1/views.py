"""The two kinds of views of version 1: those that compute and those that keep."""

from noising.api.base import RegistryView, StatelessView

__all__ = ["RegistryView", "StatelessView"]
