"""A throw-away PostgreSQL out of a wheel: for the demo, for tests, and for backups that are tried out."""
