"""Running the whole platform on one machine: installing it, and starting, watching and stopping its processes.

Nothing here is needed where the processes are run by compose or Kubernetes, and nothing outside this package knows of it.
"""
