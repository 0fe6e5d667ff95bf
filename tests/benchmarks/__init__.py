"""Measurements: `python -m tests.benchmarks --help` lists them. They print a table and write it to benchmark-results/.

They are no tests: their numbers mean something on a quiet machine only, and nothing fails when it is slow. That they
measure what they say is what `test_benchmarks.py` tests.
"""
