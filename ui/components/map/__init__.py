"""The map of the latent space."""
