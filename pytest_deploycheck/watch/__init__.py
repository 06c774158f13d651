"""Watching a deployment: one subprocess a tick on absolute times, until the phase ends or the verdict says stop."""
