"""POST times, loss-weight and loo-shift: what a training loop needs besides tokens."""
