"""What each `gradlab` command does, by who uses it."""
