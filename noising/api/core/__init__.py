"""The core endpoints: GET /, GET /info, GET /alpha/{timestep}, POST /noise."""
