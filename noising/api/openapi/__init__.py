"""The OpenAPI document: what drf-spectacular cannot find out by itself."""
