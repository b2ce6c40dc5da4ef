"""The diagrams in the documentation are those of the code."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_lifecycle_diagrams_are_those_of_the_code() -> None:
    page = (DOCS / "payment-lifecycle.md").read_text("utf-8")
    drawn = runpy.run_path(str(DOCS / "lifecycle.py"), run_name="drawing")["drawn"]
    assert drawn(page) == page, "run `make generate`"
