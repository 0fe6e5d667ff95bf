"""The lessons as pages of this server."""
