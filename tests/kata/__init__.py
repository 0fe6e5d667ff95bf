"""Exercises that check themselves: students write a WebSocket of their own, function by function.

    python -m pytest tests/kata --implementation path/to/mine.py
    python -m tests.kata overview path/to/the/files/of/the/class

docs/lessons/mine.py lists the functions. Without --implementation, the project's own code is checked.
"""
