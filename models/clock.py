"""Time as a network is told it: the number of a code since the show began, and what turns with it.

Windows overlap and are made one by one. What swings in one must go on in the next as if there were no join,
so its phase has to be a function of the show's own time. Torch only.
"""

import torch
from torch import Tensor, nn

from configs.tuning import TURN_CODES, turns


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
    """Sines and cosines of keys and their overtones, in the band's tuning, for parts of a band.

    Seen once a code, a tone of any pitch is a phase that advances by its frequency less whole turns.

    Args:
        parts: of each its lowest MIDI key, how many keys, and how many partials of each.
    """

    numbers: Tensor

    def __init__(self, parts: tuple[tuple[int, int, int], ...]) -> None:
        super().__init__()
        self.parts = parts
        turned = [
            partial * turns(key) % TURN_CODES
            for lowest, count, partials in parts
            for partial in range(1, partials + 1)
            for key in range(lowest, lowest + count)
        ]
        self.channels = 2 * len(turned)
        self.register_buffer("numbers", torch.tensor(turned, dtype=torch.float32)[:, None], persistent=False)

    def forward(self, played: list[Tensor], number: Tensor) -> Tensor:
        """The strings that are played, [B, channels, T]: all sines, then all cosines.

        Args:
            played: of each part how strongly its keys sound, [B, keys, T].
            number: numbers of the codes since the show began [B, T], whole.
        """
        rung = [
            part.repeat(1, partials, 1) for part, (_, _, partials) in zip(played, self.parts, strict=True)
        ]
        strength = torch.cat(rung, dim=1)
        return torch.cat([strength, strength], dim=1) * waves(self.numbers, number, TURN_CODES)


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
