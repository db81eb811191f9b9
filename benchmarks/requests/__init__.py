"""How many requests a second the service answers, beside a peer's."""
