"""Programs that show the service at work; nothing imports them."""
