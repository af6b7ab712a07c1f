"""Images to learn from: the ones that come with the project, Fashion-MNIST, and visitors' own."""
