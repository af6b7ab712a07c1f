"""The figure of the Start page."""
