"""The port: accepts connections, admits them, and answers plain HTTP."""
