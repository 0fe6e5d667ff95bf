"""What happens to the things in the world, rule by rule."""
