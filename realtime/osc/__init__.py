"""OSC: the score and the state of a show to lighting desks and friends, and controls back from them.

Knows nothing of audio, cameras or networks of neurons. ``python -m realtime.osc monitor`` shows what arrives.
"""

from realtime.osc.control import ControlReport, OscControl
from realtime.osc.lane import TargetReport
from realtime.osc.log import OscLog
from realtime.osc.sink import OscSink
from realtime.osc.targets import Target, TargetError, parse_target, target_of

__all__ = [
    "ControlReport",
    "OscControl",
    "OscLog",
    "OscSink",
    "Target",
    "TargetError",
    "TargetReport",
    "parse_target",
    "target_of",
]
