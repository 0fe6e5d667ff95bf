"""A fuzz target over everything that reads what strangers send: `python -m tests.fuzz --seconds 60`.

Valid inputs (seeds.py) are damaged at random (mutate.py) and given to a target (targets.py), which must not raise. The
last target is a live server (live.py), against which whole sessions (sessions.py) are played.
"""
