"""What may go wrong with a measurement. Each says in a sentence what to do."""


class BenchError(RuntimeError):
    """Something could not be measured; a figure that is not sure is not given."""


class MissingToolError(BenchError):
    """A program that the comparison needs is not installed."""
