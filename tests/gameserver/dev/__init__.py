"""Tests of --dev."""
