"""Typed configuration, the bundle contract, errors: what every other folder may import."""
