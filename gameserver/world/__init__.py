"""What exists: objects, settings, terrain, and the grids that find things."""
