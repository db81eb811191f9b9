"""The page that judges a noise process which is not stored."""
