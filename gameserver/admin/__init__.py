"""The operator: the console, its commands, and who may use it."""
