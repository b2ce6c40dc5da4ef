"""Pure: a browser without a screen: reads the form of a page, so that it can be filled and sent as a person would."""

from html.parser import HTMLParser


class FormReader(HTMLParser):
    """Collects names and values of a page's fields, as a browser would send them, and its complaints."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.complaints: list[str] = []
        self._select = ""
        self._is_complaint = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a field's value as it stands in the page."""
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if "wrong" in given.get("class", "").split():
            self._is_complaint = True
        match tag:
            case "input" if name and (given.get("type") not in {"checkbox", "radio"} or "checked" in given):
                self.fields[name] = given.get("value", "")
            case "select" | "textarea" if name:
                self._select = name
                self.fields[name] = ""
            case "option" if self._select and ("selected" in given or not self.fields[self._select]):
                self.fields[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """A complaint ends with its paragraph."""
        if tag == "p":
            self._is_complaint = False

    def handle_data(self, data: str) -> None:
        """Take the words of a complaint."""
        if self._is_complaint and data.strip():
            self.complaints.append(data.strip())


def read_form(page: str) -> FormReader:
    """Read a page."""
    reader = FormReader()
    reader.feed(page)
    return reader
