"""thumbor's own engine, without its server: load, turn, resize and read, per output."""

from thumbor.config import Config
from thumbor.context import Context
from thumbor.engines.pil import Engine

from benchmarks.jobs import Job, Made, Wanted
from benchmarks.peers.plain_pillow import on_white

EXTENSION = {"jpeg": ".jpg", "webp": ".webp", "avif": ".avif"}


def make(job: Job) -> list[Made]:
    content = job.photograph.read_bytes()
    context = Context(config=Config())
    return [
        Made(wanted.preset, format, _read(context, content, job.photograph.suffix, wanted, format))
        for wanted in job.wanted
        for format in wanted.formats
    ]


def _read(context: Context, content: bytes, suffix: str, wanted: Wanted, format: str) -> bytes:
    engine = Engine(context)
    engine.load(content, suffix.lower())
    engine.reorientate()
    if wanted.cover:
        _cover(engine, wanted)
    else:
        engine.resize(wanted.width, wanted.height)
    if format == "jpeg":
        engine.image = on_white(engine.image)
    read: bytes = engine.read(EXTENSION[format])
    return read


def _cover(engine: Engine, wanted: Wanted) -> None:
    width, height = engine.size
    scale = max(wanted.width / width, wanted.height / height)
    covering = (max(wanted.width, round(width * scale)), max(wanted.height, round(height * scale)))
    engine.resize(*covering)
    left = (engine.size[0] - wanted.width) // 2
    top = (engine.size[1] - wanted.height) // 2
    engine.crop(left, top, left + wanted.width, top + wanted.height)
