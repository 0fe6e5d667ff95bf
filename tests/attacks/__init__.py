"""Every published attack on a WebSocket server that we know of, and what becomes of it here; see docs/attacks.md."""
