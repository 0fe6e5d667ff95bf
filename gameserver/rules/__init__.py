"""The rules: all that can happen to the things in the world, one file a rule."""
