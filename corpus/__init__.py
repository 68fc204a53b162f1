"""The house corpus: a band of ten genres whose arrangement answers a dancer. Knows no networks, no stage.

The whole path, from nothing to sound::

    from corpus.bank import Bank
    from corpus.band.mix import Controls, mix
    from corpus.band.render import STEMS, render_stems
    from corpus.band.song import compose
    from corpus.band.tempo import beat_times

    bank = Bank.best()                                 # build/bank.npz if it is there, else own synthesis
    song = compose("house", 3)                         # index 0..5 train, 6 validation, 7 test (song.split)
    beats_s = beat_times(song.bpm, 16 * phrases, rng)  # [16 * phrases + 1] seconds; beat 0 is sample 0
    stems = render_stems(song, beats_s, variations, bank)  # variations [phrases, 8] in [-1, 1]
    # stems.rows [14, N] float32 at 22,050 Hz; stems.duck [T], stems.phase [T] at code centres; N = 128 T
    controls = Controls.constant(T, energy=0.8)        # or Controls(energy=..., ...), each float32 [T],
    controls = controls_from_features(motion, visual)  # or (corpus.band.desk) from features at code rate
    samples = mix(stems, controls, song.style.pump)    # float32 [N]

A corpus on disk (``python -m corpus build --out DIR --minutes 10``), and windows of it to train on::

    from corpus.takebank import TakeBank

    takes = TakeBank(Path("DIR"), split="train")       # or "validation", "test": songs nobody trained on
    window = takes.window(rng, codes=344)              # window.stems (rows, duck, phase), .variation [14, T],
    samples = window.mix(controls)                     # .genre (index), .song (index), .pump, .take

``mix`` is ``limited(apply_gains(rows, row_gains(controls, phase, duck, pump)))``; ``row_gains`` is [14, T]
and the rest is linear but for the limiter, so it ports to a GPU in five lines. After "now" hold the
features (or ``controls.held_after(code)``). Gains look back 0.5 s, ``controls_from_features`` 0.4 s, crashes
two beats: cut windows out of gains computed on a longer span.
"""
