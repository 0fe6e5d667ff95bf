"""The lab: sends bytes to this server and explains the answer."""
