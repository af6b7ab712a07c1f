"""What turns images into codes and codes into images: trained networks by LiteRT, and PCA. No TensorFlow in here."""
