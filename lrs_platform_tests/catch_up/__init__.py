"""What catching up promises of source LRSs."""
