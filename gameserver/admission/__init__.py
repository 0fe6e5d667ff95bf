"""Who may come in, and which rooms may be opened."""
