"""Loads the game that a server plays: its code, its settings class and its own packets, all checked at the start."""
