"""The two pictures of the report: what CPU buys, and what bytes buy. Needs matplotlib."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
# The same run gives the same file.
mpl.rcParams["svg.hashsalt"] = "darkroom"
mpl.rcParams["svg.fonttype"] = "none"

from matplotlib import pyplot as plt  # noqa: E402 - the backend comes first

INK, OTHERS = "#b5482a", "#5b6770"


def bars(path: Path, title: str, values: Sequence[tuple[str, float, bool]]) -> None:
    """Draw one bar for each (name, value, whether it is Darkroom's)."""
    figure, axes = plt.subplots(figsize=(8, 0.36 * len(values) + 1.2), layout="constrained")
    names = [name for name, _, _ in values]
    colors = [INK if ours else OTHERS for _, _, ours in values]
    drawn = axes.barh(names, [value for _, value, _ in values], color=colors)
    axes.bar_label(drawn, fmt="%.2f", padding=3)
    axes.set_xscale("log")
    axes.invert_yaxis()
    axes.set_title(title)
    axes.spines[["top", "right"]].set_visible(False)
    _saved(figure, path)


Curves = Mapping[str, Sequence[tuple[float, float]]]


def curves(path: Path, codec: str, lines: Curves, dots: Curves) -> None:
    """Draw bytes (x) and scores (y) of one format: Darkroom's targets as lines, peers as dots."""
    figure, axes = plt.subplots(figsize=(7, 6), layout="constrained")
    for name, points in lines.items():
        axes.plot(*zip(*sorted(points), strict=True), marker="o", label=name)
    for name, points in dots.items():
        axes.scatter(*zip(*points, strict=True), marker="x", label=name)
    axes.set_xlabel(f"MB of {codec}")
    axes.set_ylabel("mean SSIMULACRA2, common reference")
    axes.set_title(f"{codec}: up and left is better")
    figure.legend(loc="outside lower center", ncols=2, fontsize="small")
    _saved(figure, path)


def front(path: Path, title: str, points: Sequence[tuple[str, str, float, float]]) -> None:
    """Draw (family, name, kB per megapixel, CPU ms per megapixel) with the names beside them."""
    figure, axes = plt.subplots(figsize=(10, 6.5), layout="constrained")
    for family in dict.fromkeys(family for family, *_ in points):
        mine = [point for point in points if point[0] == family]
        axes.scatter([each[2] for each in mine], [each[3] for each in mine], label=family)
    for _, name, kilobytes, milliseconds in points:
        axes.annotate(
            name, (kilobytes, milliseconds), (4, 3), textcoords="offset points", fontsize=7
        )
    axes.set_yscale("log")
    axes.set_xlabel("kB per megapixel")
    axes.set_ylabel("CPU ms per megapixel")
    axes.set_title(title)
    axes.legend()
    _saved(figure, path)


def _saved(figure: plt.Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
