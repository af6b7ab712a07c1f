"""Pictures with operators between them."""
