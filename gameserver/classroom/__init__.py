"""The classroom: a server that explains itself. Experiments, lessons, and the pages that show what is on the wire."""
