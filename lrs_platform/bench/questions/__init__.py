"""`lrs bench nlp`: how well questions in plain words are read, over a simulated company whose answers are known.

tuning.yaml, seen.yaml and held_out.yaml are the questions, company.py the company in a database of its own, gold.py the
right answers, computed in Python from what was simulated, measuring.py asks and compares.
"""
