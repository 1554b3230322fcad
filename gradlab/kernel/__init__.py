"""Launching code that nobody has read, and talking to it without believing it."""
