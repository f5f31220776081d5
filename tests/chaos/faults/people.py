"""People with rights, who change the rules while the game goes on."""

from tests.chaos.faults.fault import Fault, Moment
from tests.product.deployment import manage

EDIT = """
from storage.models import Preset
preset = Preset.objects.get(name={name!r})
preset.quality = {quality}
preset.save()
"""
NAMES = ("w320", "w640")


def presets_edited(moment: Moment) -> str:
    name, quality = moment.chance.choice(NAMES), moment.chance.randrange(40, 80)
    code = EDIT.format(name=name, quality=quality)
    manage(moment.site.environment, "shell", "-v0", "-c", code)
    return f"{name}, quality {quality}"


FAULTS = (Fault("presets-edited", presets_edited, frozenset(), "presets"),)
