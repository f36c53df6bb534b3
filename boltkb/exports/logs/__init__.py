"""The server's own logs: known lines, what they cover, start diagnostics, exact thread holds."""
