"""How admin writes dates: as pages do."""
