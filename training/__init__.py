"""How the networks are taught: losses and loops, one story a file. Knows nothing of stage or devices."""
