"""Grids of made images."""
