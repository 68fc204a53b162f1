"""The stage: everything that happens between a dancer's movement and the sound, in time."""
