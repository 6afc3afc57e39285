"""The distribution API, version 2, as far as those need it who want to know whether there is something newer."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, override

import orjson

from simulator.engine import Published, Store
from simulator.engine.store import INDEX, LEGACY, MANIFEST
from simulator.noise import digest
from simulator.serving import Face, Json, Raw, Reply, Route, Routes
from simulator.serving.asked import Asked

_INDEXES = (INDEX, "application/vnd.docker.distribution.manifest.list.v2+json")
CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFESTS = (MANIFEST, "application/vnd.docker.distribution.manifest.v2+json")
_ADDRESS = "203.0.113.77"
LIFE = 300


class RegistryFace(Face):
    """One registry. With `tokens` even a stranger needs one, as at the big ones; `limited` answers 429.

    `http` is where tokens are to be had.
    """

    def __init__(self, store: Store, now: Any, *, latency: float = 0.0) -> None:
        super().__init__(now, latency=latency)
        self.store = store
        self.http = ""
        self.tokens = True
        self.routes = Routes(
            Route("GET", "/token", self.token),
            Route("GET", "/v2", self.root),
            Route("HEAD", "/v2/{name+}/manifests/{reference}", self.manifest),
            Route("GET", "/v2/{name+}/manifests/{reference}", self.manifest),
            Route("GET", "/v2/{name+}/blobs/{reference}", self.blob),
            Route("GET", "/v2/{name+}/tags/list", self.tags),
        )

    @override
    def refuse(self, status: int, message: str) -> Reply:
        code = {401: "UNAUTHORIZED", 403: "DENIED", 404: "NAME_UNKNOWN", 429: "TOOMANYREQUESTS"}
        error = {"code": code.get(status, "UNKNOWN"), "message": message}
        return Json({"errors": [error]}, status, _HEADERS)

    @override
    def shown(self, asked: Asked) -> str | None:
        name = asked.parameters.get("name")
        return f"{name}:{asked.parameters['reference']}" if "reference" in asked.parameters else name

    @override
    def targets(self, asked: Asked) -> frozenset[str]:
        return frozenset(str(value) for value in asked.parameters.values()) | {self.shown(asked) or ""}

    # Tokens

    def _token(self, scope: str, issued: int) -> str:
        return f"{digest(self.store.seed, 'token', scope, issued)[:32]}.{issued}"

    def token(self, asked: Asked) -> Reply:
        """`GET /token`: anybody gets one."""
        issued = int(self.now())
        text = self._token(asked.query.get("scope", ""), issued)
        return Json(
            {"token": text, "access_token": text, "expires_in": LIFE, "issued_at": "2026-11-30T00:00:00Z"}
        )

    def _needs_token(self, asked: Asked, scope: str) -> Reply | None:
        if not self.tokens:
            return None
        text = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        issued = text.rpartition(".")[2]
        if issued.isdigit() and text == self._token(scope, int(issued)) and self.now() < int(issued) + LIFE:
            return None
        challenge = f'Bearer realm="{self.http}/token",service="{self.store.host}"'
        if scope:
            challenge += f',scope="{scope}"'
        reply = self.refuse(401, "authentication required")
        reply.headers = {**reply.headers, "Www-Authenticate": challenge}
        return reply

    # Calls

    def root(self, asked: Asked) -> Reply:
        """`GET /v2/`."""
        return self._needs_token(asked, "") or Json({}, headers=_HEADERS)

    def tags(self, asked: Asked, name: str) -> Reply:
        """`GET /v2/{name}/tags/list`."""
        if (refusal := self._needs_token(asked, f"repository:{name}:pull")) is not None:
            return refusal
        found = self.store.repositories.get(name)
        if found is None or found.private:
            return self.refuse(404, "repository name not known to registry")
        return Json({"name": name, "tags": sorted(found.tags)}, headers=_HEADERS)

    def manifest(self, asked: Asked, name: str, reference: str) -> Reply:
        """`HEAD|GET /v2/{name}/manifests/{reference}`: which one depends on what the client accepts."""
        if (refusal := self._needs_token(asked, f"repository:{name}:pull")) is not None:
            return refusal
        store = self.store
        limits = {
            "ratelimit-limit": f"{store.limit};w={store.window}",
            "ratelimit-remaining": f"{max(0, store.left)};w={store.window}",
            "docker-ratelimit-source": _ADDRESS,
        }
        if store.left <= 0:
            reply = self.refuse(429, "You have reached your unauthenticated pull rate limit.")
            reply.headers = {**reply.headers, **limits, "Retry-After": "60"}
            return reply
        repository = store.repositories.get(name)
        if repository is not None and repository.private:
            return self._needs_token(asked, "private") or self.refuse(401, "authentication required")
        found = repository.find(reference) if repository else None
        if found is None:
            error = {"code": "MANIFEST_UNKNOWN", "message": "manifest unknown", "detail": {"Tag": reference}}
            return Json({"errors": [error]}, 404, _HEADERS)
        if asked.verb == "GET":
            store.left -= 1
        return _document(found, asked.headers, reference, limits)

    def blob(self, asked: Asked, name: str, reference: str) -> Reply:
        """`GET /v2/{name}/blobs/{digest}`: the configuration of an image; layers are not kept here."""
        if (refusal := self._needs_token(asked, f"repository:{name}:pull")) is not None:
            return refusal
        repository = self.store.repositories.get(name)
        images = repository.manifests.values() if repository and not repository.private else ()
        found = next((each for each in images if each.ident == reference), None)
        if found is None:
            return Json({"errors": [{"code": "BLOB_UNKNOWN", "message": "blob unknown"}]}, 404, _HEADERS)
        created = datetime.fromtimestamp(found.created, UTC).isoformat().replace("+00:00", "Z")
        document = {"architecture": "amd64", "os": "linux", "created": created, "config": found.config}
        return Raw(orjson.dumps(document), headers=_HEADERS, content_type="application/octet-stream")


_HEADERS: Mapping[str, str] = {"Docker-Distribution-Api-Version": "registry/2.0"}


def _document(
    found: Published, headers: Mapping[str, str], reference: str, limits: Mapping[str, str]
) -> Reply:
    accepted = headers.get("Accept", "")
    if reference == found.platform_digest:
        kind, name = MANIFEST, found.platform_digest
    elif any(kind in accepted for kind in _INDEXES):
        kind, name = INDEX, found.digest
    elif any(kind in accepted for kind in _MANIFESTS):
        # not the one that engines keep: who does not accept an index compares the wrong digests
        kind, name = MANIFEST, found.platform_digest
    else:
        kind, name = LEGACY, found.legacy_digest
    body = orjson.dumps({"schemaVersion": 2, "mediaType": kind, **_inside(kind, found)})
    told = {**_HEADERS, **limits, "Docker-Content-Digest": name, "Etag": f'"{name}"'}
    return Raw(body, headers=told, content_type=kind)


def _inside(kind: str, found: Published) -> Mapping[str, Any]:
    """What a document names: an index the manifests for some machines, a manifest its configuration and layers."""
    if kind == INDEX:
        machines = ((found.platform_digest, "amd64"), (found.digest, "unknown"))
        return {
            "manifests": [
                {
                    "mediaType": MANIFEST,
                    "digest": name,
                    "platform": {
                        "os": "unknown" if machine == "unknown" else "linux",
                        "architecture": machine,
                    },
                }
                for name, machine in machines
            ]
        }
    if kind != MANIFEST:
        return {}
    return {
        "config": {"mediaType": CONFIG, "digest": found.ident},
        "layers": [{"digest": layer.digest, "size": layer.size} for layer in found.layers],
    }
