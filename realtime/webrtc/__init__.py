"""The show on the air: WHIP in, WHEP out, one encoder for all. Knows nothing of HTTP or of the page."""
