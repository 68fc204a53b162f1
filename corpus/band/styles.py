"""What makes each of the ten genres itself: grooves, sounds, chords, as data. Knows nothing of songs.

A drum pattern is one or two bars of sixteenths: ``X`` accent, ``x`` stroke, ``g`` ghost, ``o`` open hat,
``r`` two thirty-seconds, ``.`` rest; spaces are ignored. Bass: ``R`` root, ``3 5 7`` chord tones, ``8``
octave, ``4`` fourth, ``a`` a semitone below the next root, ``-`` hold. Comping: ``X`` long, ``x`` short
stab, ``-`` hold. Lead rhythms, two bars: ``x`` note, ``-`` hold. Chords: semitones above the key :
quality (``theory.CHORDS``), four bars; of n > 4 chords, the last n - 4 bars hold two each.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Style:
    """A genre's vocabulary. Songs choose from it; a song's variants rotate through it.

    ``swing`` is the delay of every second subdivision as a share of that subdivision (1/3 is a triplet);
    ``swing_unit`` the span in beats it divides: 0.5 swings sixteenths, 1.0 swings eighths.
    """

    swing: float
    swing_unit: float
    keys: tuple[int, ...]
    scale: str
    progressions: tuple[str, ...]
    kick: tuple[str, ...]
    snare: tuple[str, ...]
    second_snare: tuple[str, ...]
    hat: tuple[tuple[str, str], ...]
    toms: tuple[str, str, str]
    crash: str
    kick_patterns: tuple[str, ...]
    snare_patterns: tuple[str, ...]
    hat_patterns: tuple[str, ...]
    percussion: tuple[tuple[tuple[str, str], ...], ...]
    bass: tuple[str, ...]
    bass_patterns: tuple[str, ...]
    comp: tuple[str, ...]
    comp_patterns: tuple[str, ...]
    lead: tuple[str, ...]
    lead_rhythms: tuple[str, ...]
    pad: tuple[str, ...]
    lead_centre: int = 74
    comp_centre: int = 60
    levels_db: dict[str, float] = field(default_factory=dict)
    pump: float = 0.35


BREAK = Style(
    swing=0.12, swing_unit=0.5, keys=(4, 9, 2, 7, 0, 10, 5, 3), scale="dorian",
    progressions=(
        "0:m7 0:m7 5:9 0:m7", "0:m7 0:m7 0:m7 10:9 5:9", "0:9 0:9 5:9 0:9", "0:m9 3:9 5:9 0:m9",
        "0:m7 10:7 0:m7 8:9 7:7", "0:m7 5:7 0:m7 5:7",
    ),
    kick=("kick_funk", "kick_room", "kick_dusty"), snare=("snare_funk", "snare_hard", "snare_room"),
    second_snare=("rim",), hat=(("hat_tight", "hat_loose"), ("hat", "hat_open")),
    toms=("tom_hi", "tom_mid", "tom_lo"), crash="crash",
    kick_patterns=(
        "X.X.......Xx.... X.X......gXx.x..", "X.X.......X..X.. X.Xx......X.....", "X..x..X...X..... X.X....x..Xx....",
        "X.x....x..Xx..x. X.x......gX..x..", "X.....x.X.X..x.. X..x......X..x..", "X.X.x.....X.x... X.X......xX.....",
    ),
    snare_patterns=(
        "....X..g.g..X..g ....X..g.g..X.g.", "....X..x.g..X..x ....X..x.x..X..g", "....X.g..g..X..g ....X..g.x....X.",
        "....X..g.x.gX... ....X..g.x..X.gg",
    ),
    hat_patterns=("x.x.x.x.x.x.x.o.", "xgxgxgxgxgxgxgxg", "x.xxx.x.xxx.x.o.", "x.x.x.o.x.x.x.xx"),
    percussion=(
        (("conga_hi", "..x..x....x..x.."), ("conga_lo", "x.....xx......xx"), ("tambourine", "....X.......X...")),
        (("cowbell", "x...x...x...x..."), ("shaker", "xgxgxgxgxgxgxgxg"), ("conga_open", "...x..x....x..x.")),
        (("bongo_hi", "x..xx.x.x..xx.xx"), ("bongo_lo", "..x..x.x..x..x.."), ("scratch", "..............x.")),
        (("scratch", "......x.......xx"), ("tambourine", "xgxgXgxgxgxgXgxg")),
    ),
    bass=("bass_finger", "bass_pick", "bass_slap_2"),
    bass_patterns=(
        "R..R..8.R..5..7a", "R.R...57..R.7.8.", "R..8.7.5R.R...5a", "R-....R.5.7.8..a", "R.8.R..7.5.R..5.", "R...7.R.R..57.8.",
    ),
    comp=("clav", "guitar_clean", "organ_rock", "rhodes"),
    comp_patterns=("..x..x.x..x..x..", "x..x..x...x.x.x.", "...xx..x...x.xx.", "X--....xX--...x.", "..x.x..x..x.x.xx"),
    lead=("flute", "brass", "sax_tenor", "trumpet", "organ_rock"),
    lead_rhythms=("x.xx-.x--...x.x- x--...x.xx.x----", "..x.x.x--...x.xx --..x.x.x--.....", "x---..x.x--..... x.x.xx.x--------"),
    pad=("strings", "organ", "pad_warm"), lead_centre=72, comp_centre=60,
)  # fmt: skip

POP = Style(
    swing=0.0, swing_unit=0.5, keys=(0, 5, 7, 2, 9, 4, 11, 10), scale="minor",
    progressions=(
        "0:m7 8:M7 10:7 0:m7", "0:m9 5:m7 8:M7 10:7", "0:m7 0:m7 3:M7 10:7", "8:M7 10:7 0:m7 0:m7", "0:m7 7:m7 8:M7 5:m7",
        "0:m9 10:7 8:M9 7:m7",
    ),
    kick=("kick_electro", "kick_808", "kick_pop"), snare=("snare_808", "snare_909", "snare_zome"),
    second_snare=("clap_808", "clap"), hat=(("hat_808", "hat_808_open"),),
    toms=("tom_808_hi", "tom_808_mid", "tom_808_lo"), crash="crash_808",
    kick_patterns=(
        "X.....X...X..... X..x..X...X...x.", "X..X..x...X..... X..X..x...X.x...", "X.....x...X..x.. X.....xX..X.....",
        "X...x..X..X..... X...x..X..Xx....", "X..x....X.x....x X..x....X.x..x..",
    ),
    snare_patterns=("....X.......X...", "....X.......X..x", "....X..x....X...", "....X......xX...  ....X.......X.xx"),
    hat_patterns=("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xr", "x.o.x.o.x.o.x.o."),
    percussion=(
        (("cowbell_808", "x..x..x.x..x..x."), ("blip", "....x..x.....x..")),
        (("tom_808_hi", "..x.......x.x..."), ("tom_808_lo", ".....x........x."), ("snap", "....x.......x...")),
        (("claves", "x..x..x...x.x..."), ("hat_808", "xxxxxxxxxxxxxxxx"), ("blup", ".......x.......x")),
        (("ping", "x.....x.....x..."), ("clap_808", "..............xx"), ("cowbell_808", "..x...x...x...x.")),
    ),
    bass=("bass_square", "bass_synth", "bass_acid"),
    bass_patterns=(
        "R.R.8...R.R.7.8.", "R..R..8.R..R..5.", "R.8.R.8.R.8.7.5.", "RR..8.R..R8...7a", "R-.R8-.R..R.7.5.", "R..8..R.5..7..8.",
    ),
    comp=("synth_stab", "synth_poly", "epiano_fm"),
    comp_patterns=("X-----..x..x....", "x..x..x.........", "....X--.....X--.", "x.....x..x......", "X---x..x..x.x..."),
    lead=("lead_square", "lead_saw", "lead_pluck", "lead_bell"),
    lead_rhythms=("x.x.x-x.x.x-x--- x.x.x-x.--......", "x-.x-.x---..x.x. x-.x-.x---......", "xx.x.x.xx.x.x... xx.x.x.xx---...."),
    pad=("pad_glass", "strings_synth", "pad_warm"), lead_centre=76, comp_centre=63, pump=0.3,
)  # fmt: skip

LOCK = Style(
    swing=0.08, swing_unit=0.5, keys=(2, 7, 9, 4, 0, 5, 10, 3), scale="mixolydian",
    progressions=(
        "0:9 0:9 5:9 0:9", "0:9 5:9 0:9 7:9 5:9", "0:13 3:9 5:9 0:13", "0:9 0:9 10:9 5:9", "0:7 9:m7 2:9 7:9", "5:9 0:9 5:9 0:9",
    ),
    kick=("kick_disco", "kick_funk"), snare=("snare_soft", "snare_funk"), second_snare=("tambourine",),
    hat=(("hat", "hat_open"), ("hat_tight", "hat_loose")), toms=("tom_hi", "tom_mid", "tom_lo"), crash="crash_gm",
    kick_patterns=(
        "X..x....X.x..... X..x....X.x...x.", "X.....x.X.....x. X.....x.X..x....", "X.x...x.X....x.. X.x.....X..x....",
        "X..X..x.X..X.... X..X..x.X.x.....", "X...x..xX.....x. X...x...X.x.....",
    ),
    snare_patterns=("....X..g....X.g.", "....X.......X..g", "....Xg.g.g..Xg.g", "....X..g.g..X..x"),
    hat_patterns=("x.o.x.o.x.o.x.o.", "xgogxgogxgogxgog", "xgxgxgogxgxgxgog", "x.x.x.x.x.x.o..."),
    percussion=(
        (("tambourine", "xgxgXgxgxgxgXgxg"), ("conga_hi", "..x...xx..x...x.")),
        (("cowbell", "x.x.x.x.x.x.x.x."), ("conga_open", "..xx...x..xx...x"), ("conga_lo", "x.......x.....x.")),
        (("cabasa", "xgxxxgxxxgxxxgxx"), ("bongo_hi", "x.xx.xx.x.xx.xx."), ("clap", "....X.......X...")),
        (("woodblock", "..x..x....x..x.."), ("tambourine", "..x...x...x...x.")),
    ),
    bass=("bass_slap", "bass_finger", "bass_slap_2"),
    bass_patterns=(
        "R..8..R8..7.8.5a", "R.8R.8..R.87.5..", "R...R.8.7.5.4.3.", "R.R8..5.R.R8..7.", "RR.8.RR.5.7.8.7a", "R..R8.7.R..R8.5.",
    ),
    comp=("guitar_muted", "guitar_clean", "organ"),
    comp_patterns=("..xx.xx...xx.xx.", "x.xx..x.x.xx..x.", ".xx..xx..xx..xx.", "..x...x...x...xx", "x..xx..xx..xx..x"),
    lead=("brass", "sax_tenor", "organ_rock", "trumpet", "clav"),
    lead_rhythms=("x.x.......x.x--- ......x.x.x-x---", "x--.xx.......... x--.xx....x.x.x-", "..x.xx..x---.... ..x.xx..x.x.x---"),
    pad=("organ", "strings", "organ_rock"), lead_centre=70, comp_centre=64,
)  # fmt: skip

MIDDLE_HIPHOP = Style(
    swing=0.27, swing_unit=0.5, keys=(9, 2, 4, 11, 7, 0, 5, 6), scale="minor",
    progressions=(
        "0:m9 8:M7 5:m9 7:7b9", "0:m7 5:m7 0:m7 8:M7 7:7b9", "8:M9 7:m7 0:m9 0:m9", "0:m9 0:m9 3:M7 2:h7 7:7b9", "5:m9 0:m9 5:m9 0:m9",
        "0:m11 10:m7 8:M7 7:m7",
    ),
    kick=("kick_boombap", "kick_dusty", "kick_jazz"), snare=("snare_dub", "snare_dolf", "snare_soft"),
    second_snare=("rim",), hat=(("hat_tight", "hat_loose"), ("hat_pedal", "hat_loose")),
    toms=("tom_hi", "tom_mid", "tom_lo"), crash="splash",
    kick_patterns=(
        "X......X..X..... X..x...X..Xx....", "X.x....x..X..... X......x.xX.....", "X..x......Xx.... X..x...x..X....x",
        "X......xX.x..... X.......x.X..x..", "X.X....X..x..... X.X......xX.....",
    ),
    snare_patterns=("....X.......X...", "....X..g....X..g", "....X.......X.g.  ....X..g.g..X...", "....X....g..X..."),
    hat_patterns=("x.x.x.x.x.x.x.x.", "x.xxx.x.x.xxx.x.", "x.x.x.xgx.x.x.o.", "xgx.x.xgxgx.x.xg"),
    percussion=(
        (("shaker", "x.xgx.xgx.xgx.xg"), ("rim", "...x..x....x....")),
        (("tambourine", "....x.......x..."), ("conga_lo", "......xx......x."), ("shaker", "..x...x...x...x.")),
        (("scratch", "..............x. ......x.......xx"), ("woodblock", "..x.......x.....")),
        (("bongo_lo", "...x..x....x..x."), ("cabasa", "x.x.x.x.x.x.x.xx")),
    ),
    bass=("bass_upright", "bass_finger", "bass_upright"),
    bass_patterns=(
        "R-----.7..R--.5.", "R--..R..R--..5.a", "R-------..R.7.8.", "R-.R-...5--.7-.a", "R---..8.7--..5..", "R-..R--...5-.R--",
    ),
    comp=("rhodes", "piano", "guitar_jazz", "vibraphone"),
    comp_patterns=("X-----....x-----", "X--...x--.......", "..X----...X-----", "X-------x.......", "x..x......X----."),
    lead=("trumpet_muted", "vibraphone", "flute", "guitar_jazz", "piano"),
    lead_rhythms=("..x.x--...x.x--- ......x-x-x-----", "x---..x-.x------ x---..x-.x--..x-", "x.x.x--......... ..x.x.x---......"),
    pad=("strings_slow", "pad_warm", "choir"), lead_centre=73, comp_centre=60, pump=0.25,
)  # fmt: skip

LA_HIPHOP = Style(
    swing=0.06, swing_unit=0.5, keys=(1, 6, 8, 3, 10, 5, 11, 4), scale="harmonic",
    progressions=(
        "0:m 0:m 8:M 7:7", "0:m7 0:m7 5:m7 7:7", "0:m 8:M 0:m 1:M", "0:m7 10:M 8:M7 7:7", "0:m 0:m 3:M 2:dim", "0:m7 5:m7 0:m7 7:7",
    ),
    kick=("kick_808", "kick_boom", "kick_electro"), snare=("snare_909", "snare_808"),
    second_snare=("clap_808", "snap"), hat=(("hat_808", "hat_808_open"),),
    toms=("tom_808_hi", "tom_808_mid", "tom_808_lo"), crash="crash_808",
    kick_patterns=(
        "X.....X......X.. X.....X...X..X..", "X..X......X...x. X..X......X.....", "X......X.X...... X......X.X...X..",
        "X.X......X..X... X.X......X......", "X....X....X....x X....X....X.....",
    ),
    snare_patterns=("....X.......X...", "....X.......X.g.", "....X......gX...", "....X.......X..r"),
    hat_patterns=("x.x.x.x.x.x.x.rr", "xxxrxxxxxxxrxxxx", "x.xrx.x.x.xrx.rr", "xxx.xxrxxxx.xxrr"),
    percussion=(
        (("snap", "....X.......X..."), ("hat_808", "xxxxxxrrxxxxxxrr")),
        (("cowbell_808", "..x..x....x..x.."), ("shaker", "xxxxxxxxxxxxxxxx"), ("ping", "x...............")),
        (("claves", "...x..x....x..x."), ("clap_808", "....x.......x.xx"), ("hat_808", "..rr....xxrr..rr")),
        (("metal", "x.......x......."), ("triangle", "..x...x...x...x."), ("snap", "......x.......x.")),
    ),
    bass=("sub_808", "sub_808", "sub_808_hard"),
    bass_patterns=(
        "R-----R------5--", "R--R------8---7-", "R------R-8------", "R-8------R--5---", "R----R----7----8", "R-----5--R----a-",
    ),
    comp=("lead_bell", "piano_bright", "strings_pizz", "lead_pluck"),
    comp_patterns=("x...x...x...x...", "x..x..x...x..x..", "X---....x...x...", "x.....x.....x...", "x.x...x.x.....x."),
    lead=("lead_whistle", "lead_saw", "lead_whistle", "lead_bell"),
    lead_rhythms=("x-----x-x------- x-----x-x---x---", "x--x--x--------- x--x--x---x-----", "..x-x-x-x------- ..x-x-x-x---x---"),
    pad=("pad_dark", "strings_synth", "choir"), lead_centre=80, comp_centre=67, pump=0.3,
    levels_db={"bass": 2.0, "lead": -1.0, "harmony": -1.0},
)  # fmt: skip

HOUSE = Style(
    swing=0.14, swing_unit=0.5, keys=(9, 2, 7, 0, 5, 4, 10, 3), scale="minor",
    progressions=(
        "0:m9 5:m9 8:M7 10:9", "0:m7 3:M7 8:M7 10:7", "8:M9 10:6 0:m9 7:m7", "0:m9 0:m9 5:m9 5:m9", "5:m9 10:13 3:M9 8:M7",
        "0:m7 10:6 8:M7 7:m7",
    ),
    kick=("kick_house", "kick_klub", "kick_tek"), snare=("clap", "clap_808"), second_snare=("snare_909",),
    hat=(("hat_808", "hat_808_open"), ("hat", "hat_open")), toms=("tom_808_hi", "tom_808_mid", "tom_808_lo"),
    crash="crash_808",
    kick_patterns=("X...X...X...X...", "X...X...X...X..x", "X...X...X...X...  X...X...X..xX.x.", "X...X..xX...X..."),
    snare_patterns=("....X.......X...", "....X..g....X...", "....X.......X..g", "....X.......X... ....X..g.g..X.g."),
    hat_patterns=("..o...o...o...o.", "x.o.x.o.x.o.x.o.", "xxoxxxoxxxoxxxox", "..oxx.o...oxx.ox"),
    percussion=(
        (("shaker", "xgxgxgxgxgxgxgxg"), ("conga_hi", "...x..x....x..x."), ("conga_lo", ".x.......x....x.")),
        (("tambourine", "..x...x...x...x."), ("bongo_hi", "x..x..x.x..x..x."), ("rim", "...x..x..x..x...")),
        (("claves", "x..x..x...x.x..."), ("cabasa", "xxxxxxxxxxxxxxxx")),
        (("tabla_na", "..x..x.x..x..x.x"), ("tabla_ge", "x.....x...x....."), ("shaker", "..xx..xx..xx..xx")),
    ),
    bass=("bass_house", "bass_synth", "bass_reese"),
    bass_patterns=(
        "..R...R...R...5.", "..R.R...8.R...7.", "R..R..R.R..R..8.", "..RR..8...RR..7a", ".R.R..R..R.R..5.", "R.....R.8.....7.",
    ),
    comp=("piano_bright", "synth_stab", "organ", "rhodes"),
    comp_patterns=("X..x..x...X..x..", "..x..x....x..x..", "x..x..x...x.x...", "...X--.x...X--..", "..X--...X--..x.."),
    lead=("voice", "lead_pluck", "lead_saw", "vibraphone"),
    lead_rhythms=("x--x--x-..x--x-. x--x--x-........", "..x-x--...x-x--- ..x-x--.........", "x.x..x..x.x..x.. x.x..x..x-------"),
    pad=("strings_synth", "pad_warm", "pad_glass"), lead_centre=75, comp_centre=62, pump=0.65,
    levels_db={"hats": 1.0, "pad": 2.0},
)  # fmt: skip

WAACK = Style(
    swing=0.0, swing_unit=0.5, keys=(9, 4, 2, 11, 7, 0, 5, 6), scale="minor",
    progressions=(
        "0:m7 5:m7 10:7 3:M7", "0:m7 8:M7 5:m7 7:7", "0:m7 10:6 8:M7 7:7", "5:m7 10:9 3:M7 8:M7 7:7", "0:m 3:M 10:M 5:M", "0:m7 7:m7 8:M7 10:9",
    ),
    kick=("kick_disco", "kick_room", "kick_funk"), snare=("snare_room", "snare_hard", "snare_funk"),
    second_snare=("clap", "tambourine"), hat=(("hat_tight", "hat_loose"), ("hat", "hat_open")),
    toms=("tom_hi", "tom_mid", "tom_lo"), crash="crash",
    kick_patterns=("X...X...X...X...", "X...X...X...X.x.", "X...X...X..xX...", "X..xX...X...X..."),
    snare_patterns=("....X.......X...", "....X.......X.x.", "....X..g....X..g", "....X.......X... ....X.......X.rr"),
    hat_patterns=("xgoxxgoxxgoxxgox", "x.o.x.o.x.o.x.o.", "xxoxxxoxxxoxxxox", "xgogxgogxgogxgog"),
    percussion=(
        (("tambourine", "xgxgXgxgxgxgXgxg"), ("conga_hi", "..xx..x...xx..x."), ("conga_lo", "x...x...x...x.xx")),
        (("cowbell", "x.x.x.x.x.x.x.x."), ("bongo_hi", "x.xxx.xxx.xxx.xx")),
        (("cabasa", "xxxxxxxxxxxxxxxx"), ("conga_open", "...x..x....x..xx"), ("triangle", "x.......x.......")),
        (("claves", "..x..x....x..x.."), ("tambourine", "xxxxxxxxxxxxxxxx")),
    ),
    bass=("bass_finger", "bass_pick", "bass_synth"),
    bass_patterns=(
        "R.8.R.8.R.8.R.8.", "R.8.R.8.5.8.7.8.", "R.88R.88R.88R.8a", "R..8R.8.R..87.5a", "R.8.5.8.R.8.7.8a", "R-8.R-8.R-8.58.a",
    ),
    comp=("guitar_clean", "piano_bright", "clav", "rhodes"),
    comp_patterns=("..xx.xx...xx.xx.", "x.xxx.xxx.xxx.xx", "..x...x...x...x.", "X-..x.x.X-..x.x.", ".xx..xx..xx..xx."),
    lead=("strings", "brass", "violin", "flute"),
    lead_rhythms=("x.x.x.x.x---x--- x.x.x.x.x-------", "x-x-xxx-x------- x-x-xxx-x---x-x-", "..xxxxx-..xxxxx- ..xxxxx-x-------"),
    pad=("strings", "strings_synth"), lead_centre=77, comp_centre=64, pump=0.2, levels_db={"pad": 4.0, "lead": 1.0},
)  # fmt: skip

KRUMP = Style(
    swing=0.0, swing_unit=0.5, keys=(0, 1, 10, 3, 8, 5, 11, 2), scale="phrygian",
    progressions=(
        "0:5 0:5 1:5 0:5", "0:5 8:5 1:5 0:5", "0:m 0:m 8:M 7:M", "0:5 1:5 0:5 10:5", "0:m 5:m 1:M 0:m", "0:5 0:5 6:5 5:5",
    ),
    kick=("kick_gas", "kick_power", "kick_tek"), snare=("snare_power", "snare_lo", "snare_dolf"),
    second_snare=("clap", "stomp"), hat=(("hat_808", "hat_808_open"), ("hat", "hat_open")),
    toms=("tom_fuzz", "taiko", "tom_lo"), crash="crash",
    kick_patterns=(
        "X..X..X...X.X... X..X..X.X.X.XX..", "X.XX....X.XX.... X.XX....X.X.X.X.", "X.....XX..X..X.. X.....XX..X.XXX.",
        "XX..X...XX..X... XX..X...X.X.X.x.", "X..X...X..X...X. X..X...X.X.X.X..",
    ),
    snare_patterns=("........X.......", "....X.......X...", "....X..x....X.xx", "........X.....rr"),
    hat_patterns=("x...x...x...x...", "x.x.x.x.x.x.x.x.", "x.x.x.rrx.x.x.rr", "x...x...x...o..."),
    percussion=(
        (("stomp", "X.......X......."), ("taiko", "..x..x....x..x.x"), ("metal", "....x.......x...")),
        (("taiko", "X..x..x.X..x..x."), ("clap", "....X.......X.xx"), ("tom_fuzz", ".......x......x.")),
        (("metal", "x..x..x.x..x..x."), ("stomp", "....X.......X...")),
        (("tom_fuzz", "..x...x...x.x.x."), ("taiko", "x...x...x...x..."), ("hat_808", "xxxxxxrrxxxxxxrr")),
    ),
    bass=("sub_808_hard", "bass_reese", "sub_808_hard"),
    bass_patterns=(
        "R--R--R---R-R---", "R-RR----R-R---a-", "R-----RR--R--a--", "RR--8---RR--7---", "R--R---8--R---a-", "R---R-R-----R-8-",
    ),
    comp=("orchestra_hit", "brass", "guitar_fuzz", "brass_synth"),
    comp_patterns=("X--...x...X--...", "x..x..x.........", "X---------......", "x...x...x.x.x...", "..X-..X-..X-X-X-"),
    lead=("brass", "strings_tremolo", "lead_saw", "guitar_fuzz"),
    lead_rhythms=("x---x---x---x--- x---x---x-x-x---", "xxx.xxx.x---.... xxx.xxx.x-------", "x--x--x-x--x--x- x--x--x-........"),
    pad=("strings_tremolo", "choir", "pad_dark"), lead_centre=65, comp_centre=55, pump=0.45,
    levels_db={"kick": 1.5, "bass": 2.0, "hats": -2.0, "harmony": 2.0},
)  # fmt: skip

STREET_JAZZ = Style(
    swing=0.16, swing_unit=0.5, keys=(5, 10, 3, 8, 0, 2, 7, 1), scale="major",
    progressions=(
        "5:M9 4:m7 2:m9 7:13", "9:m9 2:9 5:M9 7:13", "5:M9 7:13 4:m7 9:m9", "2:m9 7:13 0:M9 9:7b9", "0:M9 9:m9 5:M9 7:13",
        "5:M9 5:M9 4:m7 9:m9",
    ),
    kick=("kick_pop", "kick_house", "kick_boombap"), snare=("snap_tight", "snare_zome", "rim"),
    second_snare=("snap", "clap"), hat=(("hat_pedal", "hat_loose"), ("hat_808", "hat_808_open")),
    toms=("conga_hi", "conga_open", "conga_lo"), crash="splash",
    kick_patterns=(
        "X..x......x..x.. X..x......x.....", "X.....x...x..... X.....x..x....x.", "X..X...x..X..... X..X...x..x.x...",
        "X....x..x....x.. X....x..x.x.....", "X..x..x...x..... X..x......x..x..",
    ),
    snare_patterns=("....X.......X...", "....X.......X..g", "....X..g....X...", "....X.......X.g."),
    hat_patterns=("x.xgx.xgx.xgx.xg", "xgxxxgxxxgxxxgxx", "x.x.x.x.x.x.x.o.", "xgxrxgxxxgxrxgxx"),
    percussion=(
        (("snap", "....X.......X..."), ("shaker", "xgxgxgxgxgxgxgxg"), ("bongo_hi", "...x..x....x....")),
        (("triangle", "..x...x...x...x."), ("conga_open", "...x..xx...x..x.")),
        (("wood", "x..x..x...x..x.."), ("snap", "....X.......X..."), ("cabasa", "..xx..xx..xx..xx")),
        (("tambourine", "....x.......x..."), ("blup", "..x..x....x..x..")),
    ),
    bass=("bass_finger", "bass_square", "bass_upright"),
    bass_patterns=(
        "R-.R-..5..R-.8.a", "R--...R-5-..7-.a", "R-.8-..R..7-.5..", "R..R-.5...8-7-5a", "R---..5-R-..8.7.", "R-.5-..8..R-.7.a",
    ),
    comp=("rhodes", "guitar_jazz", "epiano_fm", "guitar_nylon"),
    comp_patterns=("X---..x-..x-....", "..x-..x...x-..x.", "X-----..X----...", "x..x-..x..x-....", "..X---....X-x..."),
    lead=("sax_alto", "voice", "guitar_jazz", "vibraphone"),
    lead_rhythms=("..x-x.x-x---..x. x-x--...........", "x--x-.x-x------- ..x-x-x-x---....", "x.x-..x.x-..x--- ....x.x-x-------"),
    pad=("pad_glass", "choir", "strings_slow"), lead_centre=72, comp_centre=60, pump=0.3,
)  # fmt: skip

BALLET_JAZZ = Style(
    swing=0.30, swing_unit=1.0, keys=(0, 5, 10, 3, 7, 2, 8, 9), scale="major",
    progressions=(
        "2:m7 7:13 0:M9 9:7b9", "0:M7 9:m7 2:m7 7:13", "0:6 0:6 5:M7 2:m7 7:13", "4:m7 9:7b9 2:m9 7:13", "0:M9 5:M9 4:m7 9:7b9 2:m7 7:13 0:6 0:6",
        "5:M9 4:m7 2:m9 0:M9",
    ),
    kick=("kick_jazz",), snare=("snare_brush", "brush_tap"), second_snare=("rim",), hat=(("ride", "ride_bell"), ("ride", "ride")),
    toms=("tom_hi", "tom_mid", "tom_lo"), crash="crash_gm",
    kick_patterns=("X...x...X...x...", "X...x...X...x.x.", "X.....x.X...x...", "X...x...x...X..."),
    snare_patterns=("g.g.X.g.g.g.X.g.", "..g.X.....g.X.g.", "g.g.X.g.g.x.X...", "....X.g.....X.x."),
    hat_patterns=("X...x.x.X...x.x.", "X...x.x.X.x.x.x.", "X.x.x.x.X...x.x.", "X...x...X...x.x."),
    percussion=(
        (("hat_pedal", "....X.......X..."), ("triangle", "x...............")),
        (("hat_pedal", "....X.......X..."), ("brush_tap", "x.x.x.x.x.x.x.x.")),
        (("woodblock", "..x...x...x...x."), ("hat_pedal", "....X.......X...")),
        (("tambourine", "....x.......x..."), ("hat_pedal", "....X.......X..."), ("ride_bell", "x.......x.......")),
    ),
    bass=("bass_upright",),
    bass_patterns=("R---3---5---a---", "R---5---8---a---", "R---3---5-7-8-a-", "R---7---5---a---", "R-R-3---5---7-a-", "R---5---3---a-a-"),
    comp=("piano", "guitar_jazz", "piano", "vibraphone"),
    comp_patterns=("X-....x-....x-..", "..x-....x-......", "X-----..x-..x-..", "x-....x-x-......", "....x-......X---"),
    lead=("clarinet", "violin", "flute", "trumpet_muted", "piano"),
    lead_rhythms=("x-x-x---x-x-x--- x-----x-x-------", "..x-x-x-x---x--- ..x-x-x-x-------", "x---x-x-x-x-x--- x-------........"),
    pad=("strings", "strings_slow"), lead_centre=76, comp_centre=62, pump=0.1,
    levels_db={"kick": -3.0, "hats": 2.0, "bass": 1.0, "pad": 2.0, "snare": -1.0, "harmony": 2.0},
)  # fmt: skip

STYLES: dict[str, Style] = {
    "break": BREAK,
    "pop": POP,
    "lock": LOCK,
    "middle_hiphop": MIDDLE_HIPHOP,
    "la_hiphop": LA_HIPHOP,
    "house": HOUSE,
    "waack": WAACK,
    "krump": KRUMP,
    "street_jazz": STREET_JAZZ,
    "ballet_jazz": BALLET_JAZZ,
}
