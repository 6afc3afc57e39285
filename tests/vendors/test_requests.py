"""Every request on the list is one that its vendor describes: method, path, names, kinds of values, fields of the body."""

from collections.abc import Iterator, Mapping
from functools import cache
import json
from pathlib import Path
import re
from typing import Any, Final

import pytest
import yaml

from . import COMMAND, listed

FOLDER: Final = next(
    (
        found
        for folder in Path(__file__).resolve().parents
        if (found := folder / "shared/data/openapi").is_dir()
    ),
    Path("shared/data/openapi"),
)
DOCUMENTS: Final[Mapping[tuple[str, str], str]] = {
    ("Sonarr", "v3"): "sonarr-v3.openapi.json",
    ("Sonarr", "v5"): "sonarr-v5.openapi.json",
    ("Radarr", "v3"): "radarr-v3.openapi.json",
    ("Lidarr", "v1"): "lidarr-v1.openapi.json",
    ("Readarr", "v1"): "readarr-v1.openapi.json",
    ("Prowlarr", "v1"): "prowlarr-v1.openapi.json",
    ("Plex", ""): "plex-media-server.openapi.yaml",
}
# what is in no description, and where it is known from
UNDESCRIBED: Final[tuple[tuple[str, str], ...]] = (
    (r"Bazarr ", "Bazarr has no description; its paths are those of recorded replies"),
    (r"\w+ POST /signalr/messages/negotiate negotiateVersion:integer$", "SignalR's own"),
    (r"Plex (GET|POST) /api/v2/pins", "of plex.tv, not of a server"),
    (r"\w+ GET /api/system/status$", "asked of what may be a Bazarr"),
    (r"Readarr GET /api/v3/system/status$", "asked of what may be another"),
)
# a command's own arguments stand beside its name, and no description has them
ARGUMENTS: Final[Mapping[str, str]] = {
    "EpisodeSearch": "episodeIds",
    "SeasonSearch": "seasonNumber seriesId",
    "MoviesSearch": "movieIds",
    "AlbumSearch": "albumIds",
    "ManualImport": "files importMode",
    **dict.fromkeys(
        (
            "MissingEpisodeSearch",
            "CutoffUnmetEpisodeSearch",
            "RefreshSeries",
            "MissingMoviesSearch",
            "CutoffUnmetMoviesSearch",
            "RefreshMovie",
            "MissingAlbumSearch",
            "CutoffUnmetAlbumSearch",
            "RefreshArtist",
            "Backup",
            "RefreshMonitoredDownloads",
            "ProcessMonitoredDownloads",
        ),
        "",
    ),
}


@cache
def document(name: str) -> dict[str, Any] | None:
    path = FOLDER / name
    if not path.exists():
        return None
    text = path.read_text()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=loader)
    return found


def described(app: str, route: str) -> dict[str, Any] | None:
    """The description of what a request is sent to."""
    version = re.match(r"\w+ /api/(v\d)/", route)
    # what every version has is described with each
    return next(
        (
            document(name)
            for (of, api), name in DOCUMENTS.items()
            if of == app and (not version or api in ("", version[1]))
        ),
        None,
    )


def complaint(line: str) -> str | None:
    """What a description has against a request."""
    app, verb, path, *told = line.split(" ", 3)
    found = described(app, f"{verb} {path}")
    assert found is not None
    template, verbs = _operation(found, path)
    if verb.lower() not in verbs:
        return f"{line}: {template or 'no such path'} knows only {sorted(verbs)}"
    operation = verbs[verb.lower()]
    queries, body = _parts(told[0] if told else "")
    known = {each["name"]: each.get("schema", {}) for each in _parameters(found, verbs, operation)}
    for name, kind in queries:
        if name != "{setting}" and not _fits(found, known.get(name), kind):
            return f"{line}: {name} as {kind} is not described"
    return _wrong_body(found, operation, path, body, line)


def _operation(found: dict[str, Any], path: str) -> tuple[str, dict[str, Any]]:
    """The path of a description that this one is, the literal one before one with places for names."""
    mine = re.sub(r"\{\w+\}", "{}", path)
    fitting = [each for each in found["paths"] if re.sub(r"\{\w+\}", "{}", each) == mine]
    fitting += [
        each
        for each in found["paths"]
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(each)), path)
    ]
    return (fitting[0], found["paths"][fitting[0]]) if fitting else ("", {})


def _resolved(found: dict[str, Any], schema: Any) -> dict[str, Any]:
    while isinstance(schema, dict) and "$ref" in schema:
        target: Any = found
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema if isinstance(schema, dict) else {}


def _parameters(
    found: dict[str, Any], verbs: dict[str, Any], operation: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    for each in (*verbs.get("parameters", ()), *operation.get("parameters", ())):
        resolved = _resolved(found, each)
        if resolved.get("in") == "query":
            yield resolved


def _fits(found: dict[str, Any], schema: Any, kind: str) -> bool:
    if schema is None:
        return False
    known = _resolved(found, schema)
    if "enum" in known and known.get("type") == "integer":
        return kind == "integer"
    match known.get("type"):
        case "integer" | "number" | "boolean":
            return kind == known["type"]
        case "array" | "object":
            return False
    return kind == "date-time" if known.get("format") == "date-time" else True


def _parts(told: str) -> tuple[list[tuple[str, str]], str]:
    """The query and the body of a line."""
    before, bracket, body = told.partition("[")
    *queries, command = before.split(" ") if not before.endswith(" ") else [*before.split(" ")[:-1], ""]
    if command and ":" in command:
        queries.append(command)
        command = ""
    pairs = [(name, kind) for name, _, kind in (each.rpartition(":") for each in queries if each)]
    return pairs, f"{command}[{body}" if bracket else ""


def _wrong_body(
    found: dict[str, Any], operation: dict[str, Any], path: str, body: str, line: str
) -> str | None:
    if not body:
        return None
    if "requestBody" not in operation:
        return f"{line}: it takes no body"
    command, _, inside = body.removesuffix("]").partition("[")
    fields = re.sub(r"\([^)]*\)", "", inside)
    if COMMAND.search(path):
        return None if ARGUMENTS.get(command) == fields else f"{line}: {command} has other arguments"
    content = _resolved(found, operation["requestBody"])["content"]
    schema = _resolved(found, next(iter(content.values()))["schema"])
    unknown = {*fields.split()} - {*schema.get("properties", {})}
    return f"{line}: {sorted(unknown)} are not described" if unknown else None


def test_every_request_is_one_that_its_vendor_describes() -> None:
    lines = [line for line in sorted(listed()) if not any(re.match(each, line) for each, _ in UNDESCRIBED)]
    assert len(lines) > 60
    known = [line for line in lines if described(*line.split(" ", 1)) is not None]
    wrong = [each for each in map(complaint, known) if each]
    assert wrong == []
    if len(known) < len(lines):
        pytest.skip(
            f"NOT CHECKED against the vendor: {len(lines) - len(known)} requests, {FOLDER} is not on this machine"
        )


def test_what_nobody_describes_is_found() -> None:
    if document("radarr-v3.openapi.json") is None:
        pytest.skip(f"NOT CHECKED against the vendor: {FOLDER} is not on this machine")
    for line in (
        "Radarr GET /api/v3/queue includeUnknownSeriesItems:boolean",
        "Radarr GET /api/v3/queue pageSize:string",
        "Radarr POST /api/v3/queue",
        "Radarr GET /api/v3/nothing",
        "Radarr POST /api/v3/queue/grab/{id} [x]",
        "Radarr PUT /api/v3/config/downloadclient/{id} [enableCompleted id]",
        "Radarr POST /api/v3/command MoviesSearch[movieId]",
        "Radarr POST /api/v3/command Nothing[]",
        "Plex GET /status/session",
        "Plex POST /:/prefs",
        "Plex POST /library/sections/{id}/refresh force:string",
    ):
        assert complaint(line), line
    for line in (
        "Radarr GET /api/v3/queue pageSize:integer",
        "Radarr PUT /api/v3/config/downloadclient/{id} [autoRedownloadFailed id]",
        "Radarr POST /api/v3/command MoviesSearch[movieIds]",
        "Radarr GET /ping",
        "Plex POST /library/sections/{id}/refresh force:integer",
    ):
        assert complaint(line) is None, line
