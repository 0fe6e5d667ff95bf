"""Fuzz targets for all code that reads bytes of strangers: `python -m tests.fuzz --seconds 60`.

Valid inputs (seeds.py) are damaged at random (mutate.py) and given to a target (targets.py), which must not raise. The
last target is a live server (live.py), which receives whole sessions (sessions.py).
"""
