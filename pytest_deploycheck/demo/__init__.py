"""The reference service with faults to switch on, and its embedded PostgreSQL; the last stage, nothing imports it."""
