"""Reading a page of metrics as Prometheus does."""

from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]


class Scrape:
    """The samples of one page, by name and labels."""

    def __init__(self, page: bytes | str) -> None:
        text = page.decode() if isinstance(page, bytes) else page
        self.samples: dict[tuple[str, Labels], float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                key = (sample.name, frozenset(sample.labels.items()))
                assert key not in self.samples, f"{key} is there twice"
                self.samples[key] = sample.value

    def value(self, name: str, **labels: str) -> float:
        """Return the one sample with exactly these labels; 0 if there is none."""
        return self.samples.get((name, frozenset(labels.items())), 0.0)

    def total(self, name: str, **labels: str) -> float:
        """Return the sum of the samples that have at least these labels."""
        wanted = frozenset(labels.items())
        return sum(
            value
            for (each, having), value in self.samples.items()
            if each == name and wanted <= having
        )

    def names(self) -> set[str]:
        return {name for name, _ in self.samples}
