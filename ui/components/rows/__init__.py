"""Originals above their reconstructions."""
