"""Promises of the simulator: the lines it makes, and the truth about them."""
