"""Records for people and programs: one model of a report, filled from the history, and one renderer a format."""
