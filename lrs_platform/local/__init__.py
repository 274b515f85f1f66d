"""Running the whole platform on one machine: installing it, and starting, watching and stopping its processes.

Nothing here is needed where the processes are run by compose or Kubernetes. Outside this package only the command line,
the benchmarks and the tests know of it.
"""
