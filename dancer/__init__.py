"""A dancer who is not there: choreography or motion capture, seen by a camera. numpy and OpenCV only."""

from dancer.config import DancerConfig
from dancer.demo import parse_demo
from dancer.tempo import Drifting, Steady, Stepping
from dancer.virtual import Truth, VirtualDancer

__all__ = ["DancerConfig", "Drifting", "Steady", "Stepping", "Truth", "VirtualDancer", "parse_demo"]
