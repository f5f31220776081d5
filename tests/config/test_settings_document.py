import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]
READ = re.compile(r'(?:env\.\w+|optional)\(\s*"([A-Z0-9_]+)"')
# The three stores share one line of code.
BY_ALIAS = {"ORIGINALS_URL", "VARIANTS_URL", "SCRATCH_URL"}


def test_the_document_names_every_setting_that_is_read_and_no_other() -> None:
    sources = [path.read_text() for path in (PROJECT / "config").glob("*.py")]
    read = {name for source in sources for name in READ.findall(source)} | BY_ALIAS
    tables = [
        line.split("|")[1]
        for line in (PROJECT / "docs" / "settings.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    named = {name for cell in tables for name in re.findall(r"`([A-Z0-9_]+)`", cell)}
    assert named == read
