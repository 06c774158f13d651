"""Long-term analyses: counted by SQL where the data is, or from the history; pure but for the questions it writes."""
