"""The figure of the Draw page."""
