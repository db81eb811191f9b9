"""Descriptions for the OpenAPI document that drf-spectacular cannot derive."""
