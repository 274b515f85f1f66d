"""The guard: what it lets through, what it refuses, and what would happen without it."""
