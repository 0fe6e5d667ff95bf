"""Measurements: `python -m tests.benchmarks` lists them. They print a table and write it to benchmark-results/.

They are no tests: their numbers mean something on a quiet machine only, and nothing fails when it is slow.
"""
