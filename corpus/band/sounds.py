"""The names of the band's sounds: where each comes from, and the synthetic voice that stands in.

A *hit* is a drum one-shot; an *instrument* plays pitches. Knows nothing of files or rendering.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Hit:
    """A drum sound.

    Attributes:
        synth: recipe in ``synth.HIT_RECIPES`` used when no recording is at hand.
        sonic_pi: name of a sample of Debian's ``sonic-pi-samples``, or "".
        kit, key: General MIDI drum kit (program of the drum channel) and key.
        length_s: longest kept length.
        pitch: playback-rate shift in semitones, for variety from one recording.
    """

    synth: str
    sonic_pi: str = ""
    kit: int = 0
    key: int = 36
    length_s: float = 0.5
    pitch: float = 0.0


@dataclass(frozen=True)
class Instrument:
    """A pitched sound.

    Attributes:
        program: General MIDI program, 0-based; what the MIDI file asks for.
        synth: recipe in ``synth.NOTE_RECIPES``, the voice without a sound font.
        low, high: lowest and highest MIDI pitch in the bank.
        length_s: longest note kept.
        own: True if always our own synthesis, sound font or not.
    """

    program: int
    synth: str
    low: int
    high: int
    length_s: float = 1.4
    own: bool = False


HITS: dict[str, Hit] = {
    # kicks
    "kick_funk": Hit("kick_tight", kit=0, key=36, length_s=0.35),
    "kick_room": Hit("kick_tight", kit=8, key=36, length_s=0.4),
    "kick_power": Hit("kick_hard", kit=16, key=36, length_s=0.4),
    "kick_jazz": Hit("kick_soft", kit=32, key=36, length_s=0.4),
    "kick_dusty": Hit("kick_soft", sonic_pi="drum_heavy_kick", key=36, length_s=0.3),
    "kick_boombap": Hit("kick_tight", sonic_pi="bd_fat", key=36, length_s=0.3),
    "kick_house": Hit("kick_long", sonic_pi="bd_haus", key=36, length_s=0.3),
    "kick_klub": Hit("kick_long", sonic_pi="bd_klub", key=36, length_s=0.35),
    "kick_tek": Hit("kick_hard", sonic_pi="bd_tek", key=36, length_s=0.3),
    "kick_808": Hit("kick_808", sonic_pi="bd_808", key=35, length_s=0.6),
    "kick_electro": Hit("kick_808", kit=25, key=36, length_s=0.5),
    "kick_boom": Hit("kick_boom", sonic_pi="bd_boom", key=35, length_s=0.8),
    "kick_gas": Hit("kick_hard", sonic_pi="bd_gas", key=35, length_s=0.45),
    "kick_pop": Hit("kick_tight", sonic_pi="bd_pure", key=36, length_s=0.4),
    "kick_disco": Hit("kick_tight", sonic_pi="drum_bass_hard", key=36, length_s=0.35),
    # snares, claps, rims
    "snare_funk": Hit("snare_tight", kit=0, key=38, length_s=0.35),
    "snare_room": Hit("snare_fat", kit=8, key=40, length_s=0.35),
    "snare_power": Hit("snare_fat", kit=16, key=40, length_s=0.4),
    "snare_hard": Hit("snare_fat", sonic_pi="drum_snare_hard", key=40, length_s=0.35),
    "snare_soft": Hit("snare_tight", sonic_pi="drum_snare_soft", key=38, length_s=0.3),
    "snare_dub": Hit("snare_tight", sonic_pi="sn_dub", key=38, length_s=0.28),
    "snare_dolf": Hit("snare_fat", sonic_pi="sn_dolf", key=38, length_s=0.35),
    "snare_zome": Hit("snare_tight", sonic_pi="sn_zome", key=38, length_s=0.3),
    "snare_808": Hit("snare_808", kit=25, key=38, length_s=0.3),
    "snare_909": Hit("snare_808", sonic_pi="elec_hi_snare", key=40, length_s=0.25),
    "snare_lo": Hit("snare_fat", sonic_pi="elec_lo_snare", key=40, length_s=0.45),
    "snare_brush": Hit("brush", kit=40, key=38, length_s=0.3),
    "brush_tap": Hit("brush", kit=40, key=40, length_s=0.25),
    "rim": Hit("rim", kit=0, key=37, length_s=0.15),
    "clap": Hit("clap", kit=0, key=39, length_s=0.3),
    "clap_808": Hit("clap", kit=25, key=39, length_s=0.3),
    "snap": Hit("snap", sonic_pi="perc_snap", key=39, length_s=0.2),
    "snap_tight": Hit("snap", sonic_pi="perc_snap2", key=39, length_s=0.17),
    # hats and cymbals
    "hat": Hit("hat", kit=0, key=42, length_s=0.1),
    "hat_open": Hit("hat_open", kit=0, key=46, length_s=0.35),
    "hat_tight": Hit("hat", sonic_pi="drum_cymbal_closed", key=42, length_s=0.1),
    "hat_loose": Hit("hat_open", sonic_pi="drum_cymbal_open", key=46, length_s=0.35),
    "hat_808": Hit("hat_808", kit=25, key=42, length_s=0.08),
    "hat_808_open": Hit("hat_808_open", kit=25, key=46, length_s=0.35),
    "hat_909": Hit("hat_808", kit=24, key=42, length_s=0.1),
    "hat_909_open": Hit("hat_808_open", kit=24, key=46, length_s=0.35),
    "hat_pedal": Hit("hat", sonic_pi="drum_cymbal_pedal", key=44, length_s=0.12),
    "ride": Hit("ride", kit=32, key=51, length_s=0.6),
    "ride_bell": Hit("ride", kit=0, key=53, length_s=0.6),
    "crash": Hit("crash", sonic_pi="drum_splash_hard", key=49, length_s=1.0),
    "crash_gm": Hit("crash", kit=0, key=49, length_s=1.0),
    "crash_808": Hit("crash", kit=25, key=49, length_s=0.9),
    "splash": Hit("crash", sonic_pi="drum_splash_soft", key=55, length_s=0.9),
    # toms
    "tom_hi": Hit("tom_hi", sonic_pi="drum_tom_hi_hard", key=50, length_s=0.45),
    "tom_mid": Hit("tom_mid", sonic_pi="drum_tom_mid_hard", key=47, length_s=0.5),
    "tom_lo": Hit("tom_lo", sonic_pi="drum_tom_lo_hard", key=43, length_s=0.55),
    "tom_808_hi": Hit("tom_hi", kit=25, key=50, length_s=0.4),
    "tom_808_mid": Hit("tom_mid", kit=25, key=47, length_s=0.45),
    "tom_808_lo": Hit("tom_lo", kit=25, key=43, length_s=0.5),
    "tom_fuzz": Hit("tom_mid", sonic_pi="elec_fuzz_tom", key=45, length_s=0.35),
    "taiko": Hit("kick_boom", sonic_pi="perc_impact2", key=41, length_s=0.6),
    # percussion
    "conga_hi": Hit("conga_hi", kit=0, key=62, length_s=0.25),
    "conga_open": Hit("conga_mid", kit=0, key=63, length_s=0.35),
    "conga_lo": Hit("conga_lo", kit=0, key=64, length_s=0.4),
    "bongo_hi": Hit("conga_hi", kit=0, key=60, length_s=0.2),
    "bongo_lo": Hit("conga_mid", kit=0, key=61, length_s=0.25),
    "tambourine": Hit("tambourine", kit=0, key=54, length_s=0.25),
    "shaker": Hit("shaker", kit=0, key=70, length_s=0.12),
    "cabasa": Hit("shaker", kit=0, key=69, length_s=0.12),
    "cowbell": Hit("cowbell", sonic_pi="drum_cowbell", key=56, length_s=0.3),
    "cowbell_808": Hit("cowbell", kit=25, key=56, length_s=0.3),
    "claves": Hit("claves", kit=0, key=75, length_s=0.12),
    "woodblock": Hit("claves", kit=0, key=76, length_s=0.15),
    "triangle": Hit("triangle", kit=0, key=81, length_s=0.5),
    "blip": Hit("blip", sonic_pi="elec_blip", key=76, length_s=0.16),
    "blup": Hit("blip", sonic_pi="elec_twip", key=77, length_s=0.12),
    "ping": Hit("blip", sonic_pi="elec_ping", key=77, length_s=0.21),
    "wood": Hit("claves", sonic_pi="elec_wood", key=77, length_s=0.3),
    "tabla_ge": Hit("conga_lo", sonic_pi="tabla_ghe1", key=64, length_s=0.4),
    "tabla_na": Hit("conga_hi", sonic_pi="tabla_na_s", key=60, length_s=0.24),
    "scratch": Hit("scratch", sonic_pi="vinyl_scratch", key=29, length_s=0.25),
    "metal": Hit("metal", sonic_pi="elec_triangle", key=80, length_s=0.22),
    "stomp": Hit("stomp", sonic_pi="perc_door", key=41, length_s=0.35),
}

INSTRUMENTS: dict[str, Instrument] = {
    # basses
    "bass_finger": Instrument(33, "bass_pluck", 26, 55, 1.2),
    "bass_pick": Instrument(34, "bass_pluck", 26, 55, 1.2),
    "bass_slap": Instrument(36, "bass_slap", 26, 55, 1.2),
    "bass_slap_2": Instrument(37, "bass_slap", 26, 55, 1.2),
    "bass_fretless": Instrument(35, "bass_soft", 26, 55, 1.2),
    "bass_upright": Instrument(32, "bass_soft", 26, 55, 1.2),
    "bass_synth": Instrument(38, "bass_saw", 26, 55, 1.2),
    "bass_acid": Instrument(39, "bass_acid", 26, 55, 0.9, own=True),
    "bass_square": Instrument(39, "bass_square", 26, 55, 1.0, own=True),
    "bass_house": Instrument(16, "bass_organ", 26, 55, 1.0, own=True),
    "bass_reese": Instrument(38, "bass_reese", 26, 55, 1.4, own=True),
    "sub_808": Instrument(39, "sub_808", 24, 55, 1.6, own=True),
    "sub_808_hard": Instrument(39, "sub_808_hard", 24, 55, 1.6, own=True),
    # comping
    "piano": Instrument(0, "piano", 45, 84),
    "piano_bright": Instrument(1, "piano", 45, 84, 1.2),
    "rhodes": Instrument(4, "epiano", 45, 84),
    "epiano_fm": Instrument(5, "epiano", 45, 84),
    "clav": Instrument(7, "clav", 45, 79, 0.8),
    "organ": Instrument(16, "organ", 45, 84, 1.2),
    "organ_rock": Instrument(18, "organ", 45, 84, 1.2),
    "guitar_nylon": Instrument(24, "pluck", 45, 84, 1.2),
    "guitar_jazz": Instrument(26, "pluck", 45, 84, 1.2),
    "guitar_clean": Instrument(27, "pluck", 45, 84, 1.0),
    "guitar_muted": Instrument(28, "pluck_short", 45, 84, 0.5),
    "guitar_fuzz": Instrument(30, "fuzz", 36, 72, 1.4),
    "brass": Instrument(61, "brass", 45, 86, 1.2),
    "brass_synth": Instrument(62, "brass", 45, 84, 1.2),
    "orchestra_hit": Instrument(55, "stab", 45, 79, 1.0),
    "strings_pizz": Instrument(45, "pluck_short", 45, 84, 0.6),
    "synth_poly": Instrument(90, "saw_poly", 45, 84, 1.2, own=True),
    "synth_stab": Instrument(90, "saw_stab", 45, 84, 0.7, own=True),
    # leads
    "trumpet": Instrument(56, "brass", 55, 91, 1.2),
    "trumpet_muted": Instrument(59, "brass_thin", 55, 91, 1.2),
    "sax_alto": Instrument(65, "reed", 55, 83, 1.2),
    "sax_tenor": Instrument(66, "reed", 50, 84, 1.2),
    "clarinet": Instrument(71, "hollow", 55, 91, 1.2),
    "flute": Instrument(73, "flute", 60, 96, 1.2),
    "violin": Instrument(40, "bowed", 57, 91, 1.4),
    "vibraphone": Instrument(11, "bell", 55, 91, 1.4),
    "marimba": Instrument(12, "mallet", 55, 91, 0.7),
    "voice": Instrument(53, "voice", 52, 88, 1.4),
    "lead_square": Instrument(80, "square_lead", 55, 91, 1.0, own=True),
    "lead_saw": Instrument(81, "saw_lead", 55, 91, 1.0, own=True),
    "lead_whistle": Instrument(79, "whistle", 60, 98, 1.4, own=True),
    "lead_bell": Instrument(14, "bell_dark", 55, 91, 1.2, own=True),
    "lead_pluck": Instrument(84, "pluck_saw", 55, 91, 0.8, own=True),
    # pads
    "strings": Instrument(48, "strings", 45, 84, 3.6),
    "strings_tremolo": Instrument(44, "strings", 45, 84, 3.6),
    "strings_synth": Instrument(50, "strings", 45, 84, 3.6),
    "organ_pad": Instrument(17, "organ", 48, 78, 3.6),
    "choir": Instrument(52, "voice", 45, 84, 3.6),
    "pad_warm": Instrument(89, "pad_warm", 45, 84, 3.6, own=True),
    "pad_glass": Instrument(88, "pad_glass", 45, 84, 3.6, own=True),
    "pad_dark": Instrument(89, "pad_dark", 40, 80, 3.6, own=True),
}
