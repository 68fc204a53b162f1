"""The band: a procedural composer, arranger and renderer of ten genres. See ``corpus/__init__.py``."""
