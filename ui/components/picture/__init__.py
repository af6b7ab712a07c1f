"""A small picture of a whole network."""
