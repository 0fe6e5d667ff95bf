"""What is remembered after a match: its result, the totals of players, and events."""
