"""The written contract: current, whole, and telling the truth about the messages."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mqtt_schema import generate, topics
from mqtt_schema import messages as m

PACKAGE = Path(generate.__file__).parent
DOCUMENTS = generate.documents()
ASYNCAPI: dict[str, Any] = yaml.safe_load(DOCUMENTS["asyncapi.yaml"])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_committed_document_is_current(name: str) -> None:
    assert (PACKAGE / name).read_text(encoding="utf-8") == DOCUMENTS[name], "run `python -m mqtt_schema.generate`"


def test_no_schema_is_left_of_a_message_that_is_gone() -> None:
    assert {f"schemas/{path.name}" for path in (PACKAGE / "schemas").iterdir()} == set(DOCUMENTS) - {"asyncapi.yaml"}


def test_writing_replaces_what_is_there_and_drops_what_is_stale(tmp_path: Path) -> None:
    generate.write(tmp_path)
    (tmp_path / "schemas" / "greeting.json").write_text("{}")
    shutil.copy(tmp_path / "schemas" / "ack.json", tmp_path / "schemas" / "trouble.json")

    generate.write(tmp_path)

    found = {str(path.relative_to(tmp_path)): path.read_text("utf-8") for path in tmp_path.rglob("*.*")}
    assert found == DOCUMENTS


@pytest.mark.parametrize("kind", list(dict.fromkeys(row.body for row in topics.TABLE)))
def test_a_message_of_every_type_keeps_to_its_schema(
    kind: type[m.Frozen], envelopes: Mapping[type[m.Frozen], m.Envelope]
) -> None:
    document = json.loads(m.dump(envelopes[kind]))
    schemas = generate.schemas()

    for schema, instance in ((schemas["envelope"], document), (schemas[document["body"]["type"]], document["body"])):
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(instance, schema, jsonschema.Draft202012Validator)


def test_a_schema_refuses_a_body_without_its_type(envelopes: Mapping[type[m.Frozen], m.Envelope]) -> None:
    document = json.loads(m.dump(envelopes[m.PaymentCancellation]))
    del document["body"]["type"]

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, generate.schemas()["envelope"])


def test_every_road_of_the_table_is_an_operation() -> None:
    assert len(ASYNCAPI["operations"]) == len(topics.TABLE)
    for row in topics.TABLE:
        name = ("send_" if row.leaf.sender == "office" else "receive_") + row.body.model_fields["type"].default
        mqtt = ASYNCAPI["operations"][name]["bindings"]["mqtt"]
        assert (mqtt["qos"], mqtt["retain"]) == (1, row.leaf.retained)
        assert mqtt.get("messageExpiryInterval") == row.expiry_s


@pytest.mark.parametrize("leaf", topics.Leaf)
def test_every_topic_is_a_channel(leaf: topics.Leaf) -> None:
    assert ASYNCAPI["channels"][leaf.word]["address"] == f"quaythu/v1/{{site}}/{{counter}}/{leaf.word}"


def test_every_reference_leads_somewhere() -> None:
    for target in references(ASYNCAPI):
        if target.startswith("./"):
            assert target.removeprefix("./") in DOCUMENTS
            continue
        place: Any = ASYNCAPI
        for step in target.removeprefix("#/").split("/"):
            place = place[step]


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for value in node.values() for found in references(value)]
    return [found for value in node for found in references(value)] if isinstance(node, list) else []
