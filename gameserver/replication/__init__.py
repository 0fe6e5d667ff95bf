"""What each client is told of the world."""
