"""Keeps in the browser who a visitor is."""
