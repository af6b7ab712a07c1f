"""The same images as several codecs give them back."""
