"""Conformance: Autobahn|Testsuite against our server, and against our client (`python -m tests.interop.autobahn`)."""
