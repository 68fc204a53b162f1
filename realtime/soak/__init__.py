"""The whole line in real time, observed and broken on a schedule: ``python -m realtime.soak``."""
