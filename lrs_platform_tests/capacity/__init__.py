"""What `lrs capacity` promises: arithmetic that can be checked by hand, a simulation that agrees with theory."""
