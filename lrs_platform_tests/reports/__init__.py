"""Reports: their files, their parameters, their rows."""
