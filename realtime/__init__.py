"""The stage: everything that happens between a dancer's movement and the sound, in time."""

import os

# One thread for numpy's arithmetic, set before numpy is imported: its products are small, and a hop that
# waits for a second thread, which a busy machine has put aside, is late by hundreds of milliseconds.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("VECLIB_MAXIMUM_THREADS", "1")
