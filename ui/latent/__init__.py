"""The Latent space page: the map, how it stands, traversal and replay."""
