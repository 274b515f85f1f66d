"""How much machine a company needs: a plan from measured costs, and a simulation that shows where the pipeline
saturates.

`costs.yaml` has the measured figures, `costs.py` reads and renews them, `planning.py` is the plan, `simulation.py` the
simulation, `picture.py` its curves, `commands.py` the command `lrs capacity`.
"""
