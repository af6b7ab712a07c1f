"""From a drawing or a photo to an image as MNIST has them, and how to spoil one."""
