"""The parts of a room: its roster, its rounds and its tick clock."""
