"""Sweeps: a new one, how each value stands, the curve."""
