"""Puts what a page has settled by itself into the address."""
