"""Placeholder docstring, replaced by its part."""
