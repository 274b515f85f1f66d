"""What the standard asks of an LRS, on the whole platform, named by requirement."""
