"""Other services, to compare this one with."""
