"""Chart specifications as JSON inside a page: data that several places use stands there once."""

from collections.abc import Mapping, Sequence

import msgspec

from suanwang.reports.charts.theme import Json, Spec


def embedded(specs: Sequence[Spec]) -> str:
    """One chart in one or more shapes as JSON that no text in it can leave: `{"datasets", "specs"}`.

    Equal `{"values": [...]}` become one dataset that the specifications name, as Vega-Lite allows.
    """
    names: dict[bytes, str] = {}
    datasets: dict[str, Json] = {}

    def named(node: Json) -> Json:
        if isinstance(node, str) or node is None or isinstance(node, int | float):
            return node
        if isinstance(node, Sequence):
            return [named(one) for one in node]
        return {key: shared(value) if key == "data" else named(value) for key, value in node.items()}

    def shared(data: Json) -> Json:
        if not isinstance(data, Mapping) or "values" not in data:
            return named(data)
        content = msgspec.json.encode(data["values"])
        name = names.setdefault(content, f"data-{len(names)}")
        datasets[name] = msgspec.Raw(content)  # pyright: ignore[reportArgumentType]
        return {"name": name}

    whole = msgspec.json.encode({"specs": [named(spec) for spec in specs], "datasets": datasets}).decode()
    # The parser of HTML looks for these; JSON reads the escapes as the same characters.
    return whole.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
