"""Pure: which payment a credit belongs to, by the reference in what is left of its memo.

Banks cut, re-case and re-space a memo, and put words of their own around it. What survives is read without spaces and
marks; a candidate counts when it begins with the office's prefix and its check character holds.
"""

import re

from mqtt_schema.reference import LENGTH, is_reference
from mqtt_schema.text import ascii_upper


def candidates(memo: str, prefix: str) -> tuple[str, ...]:
    """List the distinct references that can be read out of `memo`, in order of appearance."""
    bare = re.sub(r"[^A-Z0-9]", "", ascii_upper(memo))
    starts = (match.start() for match in re.finditer(f"(?={re.escape(prefix)})", bare))
    windows = (bare[start : start + LENGTH] for start in starts)
    return tuple(dict.fromkeys(window for window in windows if is_reference(window)))
