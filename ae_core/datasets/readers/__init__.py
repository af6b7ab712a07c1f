"""Readers of the files in which people have images, a module a kind; the table of them is in `known`."""
