"""Scores, tables and plots for dance music: pure functions on files and arrays, so it can score anyone's."""
