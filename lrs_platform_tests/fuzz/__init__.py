"""Fuzzing of whatever reads bytes of strangers: targets, a corpus, a short pass in the suite and a long one by hand.

.venv/bin/python -m lrs_platform_tests.fuzz statement --seconds 300
"""
