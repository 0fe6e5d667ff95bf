"""The prepared experiments of the lab: data, chapter by chapter."""
