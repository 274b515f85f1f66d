"""The learners: a script for each library, and the course that a browser opens."""
