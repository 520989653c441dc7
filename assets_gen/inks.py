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
        apart = np.min([((points - c) ** 2).sum(axis=1) for c in centres], axis=0)
        centres.append(points[int(apart.argmax())])
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


def inks(points: Floats, least_share: float = 0.01, apart: float = 0.06) -> Floats:
    """The colours that were meant: no shades of another one, nothing that hardly shows. Never empty."""
    kept: list[Floats] = []
    for centre, share in clusters(points):
        far = all(float(np.linalg.norm(centre - other)) > apart for other in kept)
        if not kept or (far and share >= least_share):
            kept.append(centre)
    return np.array(kept)


def nearest(points: Floats, centres: Floats) -> NDArray[np.intp]:
    """For each point (..., 3) the number of the centre it belongs to."""
    return np.asarray(((points[..., None, :] - centres) ** 2).sum(axis=-1).argmin(axis=-1))
