"""Exercises that check themselves: a WebSocket of one's own, function by function.

    python -m pytest tests/kata --implementation path/to/mine.py
    python -m tests.kata overview path/to/the/files/of/the/class

docs/lessons/mine.py says which functions there are. Without --implementation the project's own code is checked.
"""
