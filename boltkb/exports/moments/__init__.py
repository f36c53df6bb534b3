"""Moments that people saved: thread dumps, transactions, connections, sockets."""
