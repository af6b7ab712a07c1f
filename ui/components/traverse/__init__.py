"""A walk along the dimensions of a code."""
