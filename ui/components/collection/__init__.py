"""Images and codes for the browser to keep."""
