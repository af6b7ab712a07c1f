"""Buttons for the drawing canvas."""
