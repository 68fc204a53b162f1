"""Multinomial logistic regression in numpy and scipy. Small on purpose: a judge one can read."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Logistic:
    """A fitted classifier: features are standardised by ``mean`` and ``scale``, then weighed.

    ``mean`` and ``scale`` are ``[D]``, ``weights`` ``[D, K]``, ``bias`` ``[K]``, ``classes`` K names.
    """

    mean: Array
    scale: Array
    weights: Array
    bias: Array
    classes: tuple[str, ...]

    def probabilities(self, features: ArrayLike) -> Array:
        """Class probabilities ``[N, K]`` of features ``[N, D]``."""
        array = _checked(features)
        if array.shape[1] != len(self.mean):
            raise ValueError(f"the classifier reads {len(self.mean)} features a row, not {array.shape[1]}")
        return _softmax((array - self.mean) / self.scale @ self.weights + self.bias)

    def predict(self, features: ArrayLike) -> list[str]:
        """The likeliest class of each row of ``[N, D]``."""
        return [self.classes[index] for index in self.probabilities(features).argmax(1)]

    def save(self, path: Path | str) -> None:
        """Write as ``.npz`` (plain arrays, no pickle)."""
        np.savez(
            path,
            mean=self.mean,
            scale=self.scale,
            weights=self.weights,
            bias=self.bias,
            classes=np.array(self.classes),
        )


def load_logistic(path: Path | str) -> Logistic:
    """Read what :meth:`Logistic.save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        names = tuple(str(name) for name in arrays["classes"])
        return Logistic(arrays["mean"], arrays["scale"], arrays["weights"], arrays["bias"], names)


def fit(
    features: ArrayLike, labels: list[str], classes: tuple[str, ...] | None = None, penalty: float = 1e-3
) -> Logistic:
    """Fit by L-BFGS the mean cross-entropy + ``penalty / 2`` x squared weights of standardised features.

    Args:
        features: ``[N, D]``, finite.
        labels: N class names.
        classes: their order; by default the sorted labels.
    """
    array = _checked(features)
    if len(labels) != len(array):
        raise ValueError(f"{len(array)} rows of features but {len(labels)} labels; give one label a row")
    names = classes or tuple(sorted(set(labels)))
    unknown = set(labels) - set(names)
    if unknown or len(set(labels)) < 2:
        raise ValueError(f"need at least two classes out of {names}, got labels {sorted(set(labels))}")
    mean, scale = array.mean(0), np.maximum(array.std(0), 1e-6)
    inputs = (array - mean) / scale
    target = np.eye(len(names))[[names.index(label) for label in labels]]
    dims = inputs.shape[1]

    def loss(flat: Array) -> tuple[float, Array]:
        table = flat.reshape(dims + 1, len(names))
        probabilities = _softmax(inputs @ table[:-1] + table[-1])
        cost = -np.mean(np.log(np.maximum(probabilities[target > 0], 1e-300)))
        wrong = (probabilities - target) / len(inputs)
        gradient = np.vstack([inputs.T @ wrong + penalty * table[:-1], wrong.sum(0)])
        return float(cost + penalty / 2 * np.sum(table[:-1] ** 2)), gradient.ravel()

    found = minimize(
        loss, np.zeros((dims + 1) * len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 500}
    )
    table = found.x.reshape(dims + 1, len(names))
    return Logistic(mean, scale, table[:-1], table[-1], names)


def _checked(features: ArrayLike) -> Array:
    array = np.asarray(features, np.float64)
    if array.ndim != 2 or len(array) == 0 or not np.all(np.isfinite(array)):
        raise ValueError(f"features must be finite [N, D] with N > 0, not of shape {array.shape}")
    return array


def _softmax(scores: Array) -> Array:
    exponentials = np.exp(scores - scores.max(1, keepdims=True))
    normalised: Array = exponentials / exponentials.sum(1, keepdims=True)
    return normalised
