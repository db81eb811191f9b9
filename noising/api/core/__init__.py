"""The fixed core: GET /, GET /info, GET /alpha/{timestep}, POST /noise."""
