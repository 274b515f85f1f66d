"""`lrs doctor`: each kind of failure is made to happen, and is found with advice."""
