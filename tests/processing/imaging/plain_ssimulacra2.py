"""SSIMULACRA 2.1 word for word: all weights, double precision, the recursive filter; slow.

One thing beside its definition: what the reference tool's rounding adds, as in ssimulacra2.py.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Planes = NDArray[np.float64]

# By channel (X, Y, B), scale, norm (mean, fourth power) and map (SSIM, artefacts, lost detail).
# fmt: off
WEIGHTS = np.array(
    [
        0, 0.0007376606707406586, 0, 0, 0.0007793481682867309, 0,
        0, 0.0004371155730107379, 0,
        1.1041726426657346, 0.00066284834129271, 0.00015231632783718752,
        0, 0.0016406437456599754, 0, 1.8422455520539298, 11.441172603757666, 0,
        0.0007989109436015163, 0.000176816438078653, 0,
        1.8787594979546387, 10.94906990605142, 0,
        0.0007289346991508072, 0.9677937080626833, 0,
        0.00014003424285435884, 0.9981766977854967, 0.00031949755934435053,
        0.0004550992113792063, 0, 0, 0.0013648766163243398, 0, 0,
        0, 0, 0, 7.466890328078848, 0, 17.445833984131262,
        0.0006235601634041466, 0, 0,
        6.683678146179332, 0.00037724407979611296, 1.027889937768264,
        225.20515300849274, 0, 0,
        19.213238186143016, 0.0011401524586618361, 0.001237755635509985,
        176.39317598450694, 0, 0, 24.43300999870476, 0.28520802612117757, 0.0004485436923833408,
        0, 0, 0, 34.77906344483772, 44.835625328877896, 0,
        0, 0, 0, 0, 0, 0,
        0, 0.0008680556573291698, 0, 0, 0, 0,
        0, 0.0005313191874358747, 0, 0.00016533814161379112, 0, 0,
        0, 0, 0, 0.0004179171803251336, 0.0017290828234722833, 0,
        0.0020827005846636437, 0, 0, 8.826982764996862, 23.19243343998926, 0,
        95.1080498811086, 0.9863978034400682, 0.9834382792465353,
        0.0012286405048278493, 171.2667255897307, 0.9807858872435379,
        0, 0, 0, 0.0005130064588990679, 0, 0.00010854057858411537,
    ]
).reshape(3, 6, 2, 3)
# fmt: on

CONES = np.array(
    [
        [0.30, 0.622, 0.078],
        [0.23, 0.692, 0.078],
        [0.24342268924547819, 0.20476744424496821, 0.5518098665095536],
    ]
)
DARK = 0.0037930732552754493
RADIUS = 5
SIGMA = 1.5
C2 = 0.0009
# What single precision adds to the reference tool's errors: see ssimulacra2.py.
ROUNDING = 2.7e-7


def plain_score(reference: Image.Image, distorted: Image.Image) -> float:
    error = 0.0
    pair = [_linear(image) for image in (reference, distorted)]
    level = ROUNDING * float((_xyb(pair[0])[1] ** 2).mean())
    for scale in range(6):
        if min(pair[0].shape[1:]) < 8:
            break
        if scale:
            pair = [_halved(linear) for linear in pair]
        noise = level * float(np.mean(pair[0].shape[1:])) ** 0.5
        for channel, planes in enumerate(zip(*(_xyb(linear) for linear in pair), strict=True)):
            maps = _errors(*planes, noise=noise)
            norms = np.array([[m.mean() for m in maps], [(m**4).mean() ** 0.25 for m in maps]])
            error += float((WEIGHTS[channel, scale] * norms).sum())
    scaled = error * 0.9562382616834844
    bent = 2.326765642916932 * scaled - 0.020884521182843837 * scaled**2
    bent += 6.248496625763138e-05 * scaled**3
    return float(100 - 10 * bent**0.6276336467831387) if bent > 0 else 100.0


def _linear(image: Image.Image) -> Planes:
    values = np.asarray(image.convert("RGB")) / 255
    curve = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    planes: Planes = np.moveaxis(curve, -1, 0)
    return planes


def _halved(planes: Planes) -> Planes:
    even = np.pad(planes, ((0, 0), (0, planes.shape[1] % 2), (0, planes.shape[2] % 2)), mode="edge")
    squares = even.reshape(3, even.shape[1] // 2, 2, even.shape[2] // 2, 2)
    means: Planes = squares.mean(axis=(2, 4))
    return means


def _xyb(linear: Planes) -> Planes:
    cones = np.cbrt(np.tensordot(CONES, linear, axes=1) + DARK) - np.cbrt(DARK)
    luma = (cones[0] + cones[1]) / 2
    return np.array([(cones[0] - cones[1]) * 7 + 0.42, luma + 0.01, cones[2] - luma + 0.55])


def _errors(first: Planes, second: Planes, *, noise: float) -> tuple[Planes, Planes, Planes]:
    mean1, mean2 = _blurred(first), _blurred(second)
    variance1 = _blurred(first * first) - mean1 * mean1
    variance2 = _blurred(second * second) - mean2 * mean2
    covariance = _blurred(first * second) - mean1 * mean2
    likeness = (1 - (mean1 - mean2) ** 2) * (2 * covariance + C2) / (variance1 + variance2 + C2)
    edges = (1 + np.abs(second - mean2)) / (1 + np.abs(first - mean1)) - 1
    noises = np.where(
        np.isclose(mean1, mean2, rtol=0, atol=1e-9), 0, noise / (variance1 + variance2 + C2)
    )
    unlikeness = (1 - likeness + np.sqrt((1 - likeness) ** 2 + 2 / np.pi * noises**2)) / 2
    return unlikeness, np.maximum(edges, 0), np.maximum(-edges, 0)


def _blurred(plane: Planes) -> Planes:
    return _down(_down(plane).T).T


def _down(plane: Planes) -> Planes:
    """Run the three recursions over each column; beyond the picture all is zero."""
    omega, weights = _recursion()
    rows = plane.shape[0]
    zeros = np.zeros((RADIUS + 1, plane.shape[1]))
    padded = np.concatenate([zeros, zeros, plane, zeros])
    result = np.zeros((rows + 2 * RADIUS, plane.shape[1]))
    for angle, weight in zip(omega, weights, strict=True):
        before = last = np.zeros(plane.shape[1])
        for row in range(rows + RADIUS - 1):
            entering, leaving = padded[row + 2 * RADIUS + 2], padded[row + 2]
            now = -weight * np.cos(angle * (RADIUS + 1)) * (entering + leaving)
            now = now + 2 * np.cos(angle) * last - before
            before, last = last, now
            result[row] += now
    return result[RADIUS - 1 : RADIUS - 1 + rows]


def _recursion() -> tuple[NDArray[Any], NDArray[Any]]:
    omega = np.pi / (2 * RADIUS) * np.array([1.0, 3.0, 5.0])
    p1, p3, p5 = 1 / np.tan(omega / 2) * [1, -1, 1]
    r1, r3, r5 = np.array([p1, p3, p5]) ** 2 / np.sin(omega) * [1, -1, 1]
    d13, d35, d51 = p1 * r3 - r1 * p3, p3 * r5 - r3 * p5, p5 * r1 - r5 * p1
    row = np.array([d35 / d13, d51 / d13, 1.0])
    spectrum = np.exp(-(SIGMA**2) * omega**2 / 2) / RADIUS
    wanted = np.array([1.0, RADIUS**2 - SIGMA**2, row @ spectrum])
    return omega, np.linalg.solve(np.array([[p1, p3, p5], [r1, r3, r5], row]), wanted)
