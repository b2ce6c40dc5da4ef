"""The door of the command line. A counter goes straight through, glass first; every other command is typer's."""

import sys

from appliance import waking


def main() -> None:
    """Run the command line."""
    seed = waking.seed_in(sys.argv[2:]) if sys.argv[1:2] == ["counter"] else None
    if seed is not None:
        waking.light(seed)
        waking.run(seed)
        return
    from appliance.commands import app

    app()


if __name__ == "__main__":
    main()
