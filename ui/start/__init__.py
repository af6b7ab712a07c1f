"""The Start page's figure."""
