"""Tests of the published attacks on WebSocket servers that we know of: each fails against this server.

docs/attacks.md lists them.
"""
