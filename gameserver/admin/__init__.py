"""The operator: the console, its commands, and the check of the operator's token."""
