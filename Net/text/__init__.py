"""Text for people: the characters that a line may hold, the terminal, and the command line."""
