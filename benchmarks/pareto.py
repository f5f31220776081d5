"""Who is on the front: nobody else needs both fewer bytes and less CPU."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import geometric_mean, median


@dataclass(frozen=True, slots=True)
class Standing:
    """One candidate over all pictures; `bytes_ratio` is beside the first candidate of all.

    The ratio is the geometric mean over the pictures that both could bring to the score.
    """

    family: str
    name: str
    pictures: int
    quality: float
    milliseconds: float
    kilobytes: float
    bytes_ratio: float


@dataclass(frozen=True, slots=True)
class OnPicture:
    """What a candidate needed for one picture, per megapixel."""

    quality: float
    milliseconds: float
    kilobytes: float


def standing(
    family: str, name: str, mine: Mapping[str, OnPicture], first: Mapping[str, OnPicture]
) -> Standing | None:
    """Sum up a candidate; None if it brought no picture to the score."""
    both = [picture for picture in mine if picture in first]
    if not both:
        return None
    ratios = [mine[picture].kilobytes / first[picture].kilobytes for picture in both]
    values = list(mine.values())
    return Standing(
        family,
        name,
        len(values),
        median(each.quality for each in values),
        median(each.milliseconds for each in values),
        median(each.kilobytes for each in values),
        geometric_mean(ratios),
    )


# CPU is noisy: within these shares two settings count as alike, beyond the others as different.
ALIKE_CPU, ALIKE_BYTES = 1.1, 1.005
BETTER_CPU, BETTER_BYTES = 0.8, 0.98


def on_the_front(one: Standing, all_of_them: Sequence[Standing]) -> bool:
    """Return whether no other of the same family is clearly better at one and alike at the other.

    What is clear is wider than the noise of a measurement.
    """
    rivals = [each for each in all_of_them if each.family == one.family]
    return not any(_beats(rival, one) for rival in rivals)


def _beats(rival: Standing, one: Standing) -> bool:
    cpu = rival.milliseconds / one.milliseconds
    size = rival.bytes_ratio / one.bytes_ratio
    alike = cpu <= ALIKE_CPU and size <= ALIKE_BYTES
    return alike and (cpu <= BETTER_CPU or size <= BETTER_BYTES)
