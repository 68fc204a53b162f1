"""Beats and onsets of a block before it is heard. Pure; knows nothing of who is told."""

from features import onsets
from features.onsets import OnsetState
from realtime.conductor import PhasePlan
from realtime.types import Beat, Block, Event, FreeBeat, Onset, Tempo, TimedEvent

BEATS_PER_BAR = 4


def beats_of(
    plan: PhasePlan, block: Block, heard_s: float, sample_rate: int, confidence: float
) -> tuple[Beat, ...]:
    """The beats inside a block.

    Args:
        plan: the phase under the block.
        block: the samples, for their place in the show.
        heard_s: show time at which the block's first sample is heard.
        sample_rate: Hz.
        confidence: of the followed grid, 0..1.
    """
    end_s = heard_s + len(block.samples) / sample_rate
    return tuple(
        Beat(
            sample=block.start_sample + round((time_s - heard_s) * sample_rate),
            beat_in_bar=number % BEATS_PER_BAR + 1,
            bar=number // BEATS_PER_BAR,
            bpm=plan.bpm,
            confidence=confidence,
        )
        for number, time_s in plan.beats_between(heard_s, end_s)
    )


def onsets_of(state: OnsetState, block: Block) -> tuple[tuple[Onset, ...], OnsetState]:
    """The attacks inside a block, decided with the help of its reserve."""
    found, state = onsets.step(state, block.samples, block.reserve)
    return tuple(Onset(onset.sample, onset.strength) for onset in found), state


def score_of(
    beats: tuple[Beat, ...], attacks: tuple[Onset, ...], tempo: Tempo, claim: bool
) -> tuple[Event, ...]:
    """What is announced: tempo, confidence and attacks always; beats as free ones if none may be claimed."""
    return (tempo, *(beats if claim else map(FreeBeat, beats)), *attacks)


def timed(score: tuple[Event, ...], block: Block, heard_at_s: float, sample_rate: int) -> list[TimedEvent]:
    """When each event of a block is heard, if the block's first sample is heard at ``heard_at_s``."""
    start = block.start_sample
    return [
        TimedEvent(event, heard_at_s + (getattr(event, "sample", start) - start) / sample_rate)
        for event in score
    ]
