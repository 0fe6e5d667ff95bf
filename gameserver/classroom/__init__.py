"""The classroom: experiments, lessons, and pages that show and explain the bytes on the server's connections."""
