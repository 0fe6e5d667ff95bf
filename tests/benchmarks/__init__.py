"""Measurements: `python -m tests.benchmarks --help` lists them. They print a table and write it to benchmark-results/.

They are no tests: their numbers mean something on a quiet machine only, and nothing fails when the machine is slow.
`test_benchmarks.py` tests that they measure the right things.
"""
