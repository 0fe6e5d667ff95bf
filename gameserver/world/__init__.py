"""The world: its objects, settings and terrain, and the grids that find things."""
