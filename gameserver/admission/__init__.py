"""Admission: which clients may come in, and which rooms may be opened."""
