"""Renders the desk's templates. Knows how words are set, not what they say."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request

from appliance.office.desk import days, figures, view
from appliance.office.reports.period import day_words
from appliance.settings import OfficeSettings
from mqtt_schema.messages import FeeKind
from mqtt_schema.money import in_words

HERE = Path(str(files("appliance.office.desk")))
FONTS = Path(str(files("drivers"))) / "fonts"
_KINDS = {FeeKind.PHI: "Phí", FeeKind.LE_PHI: "Lệ phí"}


class Look:
    """The desk's templates, with the office's name and the filters that set money and time."""

    def __init__(self, settings: OfficeSettings) -> None:
        environment = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        environment.filters.update(
            vnd=figures.vnd,
            words=in_words,
            clock=days.clock_words,
            exact=days.exact_words,
            date=day_words,
            tail=figures.tail,
            kind=_KINDS.__getitem__,
        )
        environment.globals.update(office=settings, refused_field=view.field_words)
        self._templates = Jinja2Templates(env=environment)

    def render(self, request: Request, template: str, status: int = 200, **shown: Any) -> HTMLResponse:
        """Render one template as an answer."""
        return self._templates.TemplateResponse(request, template, shown, status_code=status)
