"""Questions in plain words, answered with figures of the semantic model (module b.05 of the plan).

A question becomes an intent (intent.py), the intent becomes SQL (compiling.py), and that is asked like any other query
of a person: through lrs_platform/asking.py, with guard, limits and DBHub. Reading without a language model is in
reading.py, by words.py, dates.py, slots.py and matching.py; reading with one is in chat/. What can be asked is
declared in warehouse/semantic_model.yaml and nowhere else.
"""
