"""The results that outlast a match: its places, the totals of players, and events."""
