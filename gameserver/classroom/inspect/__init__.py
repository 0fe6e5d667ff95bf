"""The inspector: recordings of live connections, frame by frame."""
