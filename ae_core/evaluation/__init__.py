"""How good reconstructions and samples are, each figure with how sure it is."""
