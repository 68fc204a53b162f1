"""Inputs that are nearly right: bytes flipped, cut, doubled; values replaced by what nobody meant."""

import copy
import functools
import math
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

BUDGET = int(os.environ.get("NOVERRE_FUZZ", "1"))
"""Times the small budget of ``make test``; docs/security.md tells of the long run."""


TALLY: Counter[str] = Counter()
"""Inputs that every fuzzer was really given; told at the end of the run (tests/fuzz/conftest.py)."""


def budget(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """For a fuzzer, below ``given``: counted, the same inputs every time, no deadline on a busy machine."""
    rules = settings(
        max_examples=examples * BUDGET,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    def fuzzer(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def counted(*args: Any, **keys: Any) -> None:
            TALLY[test.__name__] += 1
            test(*args, **keys)

        return rules(counted)

    return fuzzer


ODD_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 1, 2**31, 2**63, 10**30, 0.0, -0.0, 1e308, math.inf, -math.inf, math.nan]),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", "..", "/", "\0", "nan", "1e999", "a" * 5000, "\ud800", "☃", "~", "!!python/object"]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


@st.composite
def changed_bytes(draw: Any, whole: bytes) -> bytes:
    """The input with a few accidents."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["flip", "cut", "insert", "double", "zero"]))
        at = draw(st.integers(0, max(0, len(data) - 1)))
        if kind == "flip" and data:
            data[at] ^= draw(st.integers(1, 255))
        elif kind == "cut":
            del data[at : at + draw(st.sampled_from([1, 3, 64, len(data)]))]
        elif kind == "insert":
            data[at:at] = draw(st.binary(max_size=32))
        elif kind == "double":
            data[at:at] = data[at : at + 64]
        elif data:
            data[at : at + 16] = bytes(len(data[at : at + 16]))
    return bytes(data)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a tree of dictionaries and lists."""
    found = [path] if path else []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        found += places(value, (*path, key))
    return found


@st.composite
def changed_tree(draw: Any, whole: Any) -> Any:
    """The tree with a few values replaced, removed or added."""
    tree = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 3))):
        options = places(tree)
        if not options:
            return tree
        *way, last = draw(st.sampled_from(options))
        parent = tree
        for key in way:
            parent = parent[key]
        kind = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if kind == "replace":
            parent[last] = draw(ODD_VALUES)
        elif kind == "remove":
            del parent[last]
        elif isinstance(parent, dict):
            parent[draw(st.text(min_size=1, max_size=8))] = draw(ODD_VALUES)
        else:
            parent.append(draw(ODD_VALUES))
    return tree
