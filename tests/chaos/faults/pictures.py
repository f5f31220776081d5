"""Pictures that their decoder cannot stand; see `tests.chaos.decoders`."""

import io

from tests.chaos.decoders import comment
from tests.chaos.faults.fault import Fault, Missed, Moment
from tests.pictures import photograph


def hostile_picture(misdeed: str, moment: Moment) -> str:
    """Upload one for somebody, who leaves it alone: it must fail, and nothing else may."""
    person = moment.chance.choice(moment.people)
    file = io.BytesIO()
    picture = photograph((480, 360), seed=moment.chance.randrange(10_000))
    picture.save(file, "JPEG", quality=90, comment=comment(misdeed))
    image_id = person.send(file.getvalue(), expected="failed")
    if image_id is None:
        raise Missed("nobody took the picture")
    return image_id


def decoder_abort(moment: Moment) -> str:
    return hostile_picture("abort", moment)


def decoder_loop(moment: Moment) -> str:
    return hostile_picture("loop", moment)


def decoder_eats_memory(moment: Moment) -> str:
    return hostile_picture("eat-memory", moment)


FAULTS = (
    Fault("decoder-abort", decoder_abort, breaks="a picture"),
    Fault("decoder-loop", decoder_loop, breaks="a picture"),
    Fault("decoder-eats-memory", decoder_eats_memory, breaks="a picture"),
)
