"""Endpoints for text: tokenize, detokenize, and the pipeline with other services."""
