"""Sets structured logging up, once, for a process: one JSON object a line on standard error."""

import logging
import sys

import structlog


def set_up(process: str) -> None:
    """Log as JSON lines, each with its time (UTC) and the name of this process."""
    structlog.configure(
        processors=[
            lambda _logger, _method, entry: {"process": process, **entry},
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
