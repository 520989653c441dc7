"""The inks of a picture: its solid pixels gathered into a few colours, in OKLab."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
_MOST = 6


def clusters(points: Floats) -> list[tuple[Floats, float]]:
    """Centres with their share of the points, the largest first.

    k-means from the points that lie farthest apart; the same points give the same clusters.
    """
    centres = [points.mean(axis=0)]
    for _ in range(_MOST - 1):
        centres.append(points[int(apart(points, np.array(centres)).min(axis=1).argmax())])
    middle = np.array(centres)
    owner = nearest(points, middle)
    for _ in range(12):
        for number in range(_MOST):
            if (owner == number).any():
                middle[number] = points[owner == number].mean(axis=0)
        owner = nearest(points, middle)
    shares = [float((owner == k).mean()) for k in range(_MOST)]
    order = sorted(range(_MOST), key=lambda k: -shares[k])
    return [(middle[k], shares[k]) for k in order]


def inks(points: Floats, least_share: float = 0.01, least_gap: float = 0.06) -> Floats:
    """The colours that were meant: no shades of another one, nothing that hardly shows. Never empty."""
    kept: list[Floats] = []
    for centre, share in clusters(points):
        far = all(float(np.linalg.norm(centre - other)) > least_gap for other in kept)
        if not kept or (far and share >= least_share):
            kept.append(centre)
    return np.array(kept)


def nearest(points: Floats, centres: Floats) -> NDArray[np.intp]:
    """For each point (..., 3) the number of the centre it belongs to."""
    return np.asarray(apart(points, centres).argmin(axis=-1))


def apart(points: Floats, centres: Floats) -> Floats:
    """The squared distance of each point (..., 3) from each centre, as (..., centres)."""
    squares = (points * points) @ np.ones((3, 1)) + (centres * centres).sum(axis=1)
    return np.asarray(np.maximum(squares - 2 * (points @ centres.T), 0))
