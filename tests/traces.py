"""Print traces as trees: `python -m tests.traces` is a collector on the port that OTLP has."""

import time
from collections.abc import Iterator

from tests.services.collector import Collector, Span

PORT = 4318
# A trace of which nothing has come for so long is taken as whole.
QUIET_SECONDS = 10
TOLD = ("preset", "attempt", "outcome", "error_code")


def tree(spans: list[Span]) -> Iterator[str]:
    """Yield a line for each span below its parent: when it began, how long it took, what it was."""
    known = {span.span_id for span in spans}
    roots = [span for span in spans if span.parent_id not in known]
    began_at = min(span.began_at for span in spans)
    yield f"{'begins':>8} {'takes':>8}"
    for root in roots:
        yield from _branch(root, spans, began_at, indent="")


def _branch(span: Span, spans: list[Span], began_at: float, *, indent: str) -> Iterator[str]:
    told = [str(span.attributes.get(f"darkroom.{name}", "")) for name in TOLD]
    words = " ".join(filter(None, [span.name, *told]))
    yield f"{span.began_at - began_at:7.3f}s {span.seconds:7.3f}s  {indent}{words}"
    children = [each for each in spans if each.parent_id == span.span_id]
    for child in sorted(children, key=lambda each: each.began_at):
        yield from _branch(child, spans, began_at, indent=f"{indent}  ")


def print_what_comes(collector: Collector) -> None:
    """Print each trace once nothing has come of it for a while, and again when more has."""
    grown: dict[str, tuple[int, float]] = {}
    printed: dict[str, int] = {}
    while True:
        time.sleep(1)
        for trace_id in {span.trace_id for span in collector.all()}:
            spans, now = collector.spans(trace_id), time.monotonic()
            count, since = grown.get(trace_id, (0, now))
            if len(spans) > count:
                grown[trace_id] = (len(spans), now)
            elif now - since > QUIET_SECONDS and printed.get(trace_id) != count:
                printed[trace_id] = count
                print(f"\n{trace_id}", *tree(spans), sep="\n", flush=True)


if __name__ == "__main__":
    with Collector(PORT) as collector:
        print_what_comes(collector)
