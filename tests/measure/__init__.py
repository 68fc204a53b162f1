"""Measurements of the whole line, run by hand; their results stand in docs/. Not collected by pytest."""
