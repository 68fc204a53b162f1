"""The stage page and its server: what a performer sees and turns, and the way to WHIP and WHEP."""
