"""Client libraries that people use, each with a learner who goes through a lesson by the library's own API."""
