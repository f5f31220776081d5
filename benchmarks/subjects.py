"""The subjects of the comparison: what each is called, what runs it and what it can make.

A new one is a module of `peers` and one more line here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

EVERY_FORMAT = ("jpeg", "webp", "avif")
TWO_FORMATS = ("jpeg", "webp")


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject; `runs_on` names one of `processes.RUNNERS`, or the deployment.

    `settings_of` is the key of the subject whose published settings it is given.
    """

    key: str
    name: str
    runs_on: str
    program: str
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    formats: tuple[str, ...] = EVERY_FORMAT
    settings_of: str | None = None

    @property
    def is_darkroom(self) -> bool:
        return "effort" in self.options

    @property
    def searches(self) -> bool:
        """Return whether it aims at a score, and so has a curve of bytes over score."""
        return self.is_darkroom and self.options["effort"] != "fixed" and not self.is_deployed

    def takes_part(self, formats: tuple[str, ...]) -> bool:
        """Return whether it is run for a set of formats; a deployment is for the whole set only."""
        able = set(formats) <= set(self.formats)
        return able and not (self.is_deployed and formats != EVERY_FORMAT)

    @property
    def is_deployed(self) -> bool:
        return self.runs_on == "deployment"


def _darkroom(effort: str) -> Subject:
    return Subject(effort, f"Darkroom {effort}", "python", "darkroom", {"effort": effort})


def _pipeline(effort: str) -> Subject:
    name = f"Darkroom {effort}, whole pipeline"
    return Subject(f"pipeline-{effort}", name, "deployment", "", {"effort": effort})


FLOOR = Subject("floor", "codec floor", "python", "floor")

SUBJECTS = (
    _darkroom("fixed"),
    _darkroom("balanced"),
    _darkroom("exact"),
    _pipeline("fixed"),
    _pipeline("balanced"),
    Subject("sharp", "sharp, one pipeline per output, defaults", "node", "defaults"),
    Subject(
        "sharp-equal",
        "sharp, one decode and a cascade, Darkroom's settings",
        "node",
        "equal",
        settings_of="fixed",
    ),
    Subject("pyvips", "pyvips, one thumbnail() per output, defaults", "python", "vips"),
    Subject("pillow", "Pillow, one decode per output, defaults", "python", "plain_pillow"),
    Subject("imagekit", "django-imagekit, defaults", "python", "imagekit_spec"),
    # It passes a subsampling that AVIF does not know.
    Subject("easy-thumbnails", "easy-thumbnails, defaults", "python", "easy", formats=TWO_FORMATS),
    Subject("thumbor", "thumbor's engine, defaults", "thumbor", "thumbor_engine"),
)


def chosen(keys: str) -> tuple[Subject, ...]:
    """Return the subjects named in a list with commas, all for none; raises ValueError."""
    wanted = [key.strip() for key in keys.split(",") if key.strip()]
    known = {subject.key: subject for subject in SUBJECTS}
    if unknown := [key for key in wanted if key not in known]:
        raise ValueError(f"SUBJECTS knows {', '.join(known)}; not {', '.join(unknown)}")
    return tuple(known[key] for key in known if not wanted or key in wanted)
