"""Timing errors as a small SVG: a dot a beat, and how many lie where. Text in, text out."""

from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, MARGIN = 900, 320, 46
BARS_LEFT = 700
COLOURS = ("#2563eb", "#d97706")
BINS = 40


def picture(errors_s: Mapping[str, Sequence[float]]) -> str:
    """An SVG of errors over time and of their distribution.

    Args:
        errors_s: errors in seconds by the name of what they were measured against.
    """
    everything = [abs(1000 * error_s) for errors in errors_s.values() for error_s in errors]
    reach_ms = max(5.0, 1.1 * max(everything, default=0.0))
    parts = [_axes(reach_ms)]
    for place, ((name, errors), colour) in enumerate(zip(errors_s.items(), COLOURS, strict=False)):
        if errors:
            parts += [_legend(name, place, colour), _dots(errors, reach_ms, colour)]
            parts.append(_bars(errors, reach_ms, colour))
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    style = 'font-family="sans-serif" font-size="12"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{"".join(parts)}</svg>\n'


def _y(error_ms: float, reach_ms: float) -> float:
    return HEIGHT / 2 - error_ms / reach_ms * (HEIGHT / 2 - MARGIN)


def _axes(reach_ms: float) -> str:
    lines = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    for error_ms in (-reach_ms, -reach_ms / 2, 0.0, reach_ms / 2, reach_ms):
        y = _y(error_ms, reach_ms)
        lines += f'<path d="M{MARGIN} {y:.1f}H{WIDTH - 10}" stroke="#ddd"/>'
        lines += f'<text x="4" y="{y + 4:.1f}">{error_ms:+.1f}</text>'
    return lines + f'<text x="{MARGIN}" y="{HEIGHT - 8}">beats, ms later than expected</text>'


def _legend(name: str, place: int, colour: str) -> str:
    return f'<text x="{MARGIN + 160 * place}" y="20" fill="{colour}">beside the {name}</text>'


def _dots(errors_s: Sequence[float], reach_ms: float, colour: str) -> str:
    step = (BARS_LEFT - MARGIN - 20) / max(len(errors_s), 1)
    return "".join(
        f'<circle cx="{MARGIN + step * (number + 0.5):.1f}" cy="{_y(1000 * error_s, reach_ms):.1f}" '
        f'r="2" fill="{colour}"/>'
        for number, error_s in enumerate(errors_s)
    )


def _bars(errors_s: Sequence[float], reach_ms: float, colour: str) -> str:
    counts = [0] * BINS
    for error_s in errors_s:
        counts[min(int((1000 * error_s / reach_ms + 1) / 2 * BINS), BINS - 1)] += 1
    height = (HEIGHT - 2 * MARGIN) / BINS
    return "".join(
        f'<rect x="{BARS_LEFT}" y="{HEIGHT - MARGIN - height * (bin_ + 1):.1f}" height="{height:.1f}" '
        f'width="{(WIDTH - 20 - BARS_LEFT) * count / max(counts):.1f}" fill="{colour}" opacity="0.6"/>'
        for bin_, count in enumerate(counts)
        if count
    )
