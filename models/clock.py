"""Time as a network is told it: the number of a code since the show began, and what turns with it.

Windows overlap and are made one by one. What swings in one must go on in the next as if there were no join,
so its phase has to be a function of the show's own time. Torch only.
"""

import torch
from torch import Tensor, nn

CONCERT_A_HZ, CONCERT_A_KEY = 440.0, 69


class Clock(nn.Module):
    """Sines and cosines of all periods that divide a turn of `codes` codes."""

    numbers: Tensor

    def __init__(self, codes: int) -> None:
        super().__init__()
        self.codes = codes
        self.channels = 2 * (codes // 2)
        numbers = torch.arange(1, codes // 2 + 1, dtype=torch.float32)[:, None]
        self.register_buffer("numbers", numbers, persistent=False)

    def forward(self, number: Tensor) -> Tensor:
        """Numbers of codes [B, T], whole, to [B, channels, T]."""
        return waves(self.numbers, number, self.codes)


class Strings(nn.Module):
    """A sine and a cosine a semitone, from `lowest` (a MIDI key) upwards, in tune for hours.

    Seen once a code, a tone of any pitch is a phase that advances by its frequency less whole turns. All
    pitches are rounded to multiples of one slow turn, so that every phase is an exact fraction of it.

    Args:
        code_rate_hz: codes a second.
        turn_codes: the slow turn, a power of two; pitches are off by code_rate_hz / turn_codes / 2 at most.
    """

    numbers: Tensor

    def __init__(self, lowest: int, count: int, code_rate_hz: float, turn_codes: int) -> None:
        super().__init__()
        self.turn_codes = turn_codes
        self.count, self.channels = count, 2 * count
        keys = torch.arange(lowest, lowest + count, dtype=torch.float64)
        pitch_hz = CONCERT_A_HZ * 2 ** ((keys - CONCERT_A_KEY) / 12)
        turns = torch.round(pitch_hz / code_rate_hz * turn_codes) % turn_codes
        self.register_buffer("numbers", turns.float()[:, None], persistent=False)

    def forward(self, number: Tensor) -> Tensor:
        """Numbers of codes [B, T], whole, to [B, channels, T]: all sines, then all cosines."""
        return waves(self.numbers, number, self.turn_codes)


def waves(numbers: Tensor, number: Tensor, turn: int) -> Tensor:
    """Sines, then cosines, of 2 pi * numbers * number / turn: [K, 1] and [B, T] to [B, 2 * K, T].

    Whole turns are taken off before the multiplication by 2 pi, and products stay below 2^24: exact.
    """
    place = number - turn * torch.floor(number / turn)
    turns = numbers * place[:, None] / turn
    angle = 2 * torch.pi * (turns - torch.floor(turns))
    return torch.cat([torch.sin(angle), torch.cos(angle)], dim=1)


def counted(like: Tensor) -> Tensor:
    """Numbers of codes from 0 on, [B, T], for a tensor [B, ..., T]."""
    number = torch.arange(like.shape[-1], dtype=torch.float32, device=like.device)
    return number.expand(like.shape[0], -1)
