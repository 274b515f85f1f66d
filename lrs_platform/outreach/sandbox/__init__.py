"""Scripts of outreach that run in the Python server's sandbox. Not here: calling them (rendering.py)."""
