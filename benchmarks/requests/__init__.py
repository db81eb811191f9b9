"""Measures the request rate of the service and of a FastAPI peer."""
