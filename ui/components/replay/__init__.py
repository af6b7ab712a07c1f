"""How the latent space formed, as a film."""
