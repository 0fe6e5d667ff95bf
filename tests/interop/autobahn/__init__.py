"""Conformance tests: Autobahn|Testsuite against our server and our client (`python -m tests.interop.autobahn`)."""
