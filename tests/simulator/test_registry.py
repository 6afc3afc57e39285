"""The registry, for those who want to know whether there is something newer."""

from .http_client import Http, Yard, yard

ACCEPT = (
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
)
SONARR = "/v2/linuxserver/sonarr/manifests/latest"


async def with_token(ground: Yard, name: str, accept: str = ACCEPT) -> Http:
    """A client with a token for one repository, got as the challenge says."""
    registry = ground.registry
    answer = await registry.ask("HEAD", f"/v2/{name}/manifests/latest")
    assert answer.status == 401
    challenge = dict(
        part.split("=", 1) for part in answer.headers["Www-Authenticate"].removeprefix("Bearer ").replace('"', "").split(",")
    )  # fmt: skip
    assert challenge["scope"] == f"repository:{name}:pull"
    where = Http(registry.session, challenge["realm"])
    token = await where.get("", service=challenge["service"], scope=challenge["scope"])
    return Http(registry.session, registry.url, Authorization=f"Bearer {token['token']}", Accept=accept)


async def test_a_digest_by_head_with_a_token() -> None:
    async with yard() as ground:
        store = ground.harbour.household.store
        client = await with_token(ground, "linuxserver/sonarr")
        left = store.left
        answer = await client.ask("HEAD", SONARR)
        assert answer.status == 200
        image = await ground.docker.get(f"/images/{store.host}/linuxserver/sonarr:latest/json")
        assert image["RepoDigests"] == [
            f"{store.host}/linuxserver/sonarr@{answer.headers['Docker-Content-Digest']}"
        ]
        # a look costs nothing, a pull does
        assert (answer.headers["ratelimit-remaining"], store.left) == (f"{left};w=21600", left)
        await client.ask("GET", SONARR)
        assert store.left == left - 1
        other = await client.ask("HEAD", "/v2/linuxserver/radarr/manifests/latest")
        assert other.status == 401
        ground.sim.advance(400)
        assert (await client.ask("HEAD", SONARR)).status == 401


async def test_who_accepts_too_little_gets_another_digest() -> None:
    async with yard() as ground:
        full = await with_token(ground, "linuxserver/sonarr")
        index = (await full.ask("HEAD", SONARR)).headers
        narrow = await with_token(
            ground, "linuxserver/sonarr", "application/vnd.docker.distribution.manifest.v2+json"
        )
        single = (await narrow.ask("HEAD", SONARR)).headers
        nothing = await with_token(ground, "linuxserver/sonarr", "*/*")
        legacy = (await nothing.ask("HEAD", SONARR)).headers
        assert len({found["Docker-Content-Digest"] for found in (index, single, legacy)}) == 3
        assert index["Content-Type"] == "application/vnd.oci.image.index.v1+json"


async def test_a_newer_image_has_another_digest_and_the_old_one_stays() -> None:
    async with yard() as ground:
        client = await with_token(ground, "linuxserver/sonarr")
        old = (await client.ask("HEAD", SONARR)).headers["Docker-Content-Digest"]
        await ground.scenario("image_update", container="sonarr")
        new = (await client.ask("HEAD", SONARR)).headers["Docker-Content-Digest"]
        assert new != old
        kept = await client.ask("HEAD", f"/v2/linuxserver/sonarr/manifests/{old}")
        assert (kept.status, kept.headers["Docker-Content-Digest"]) == (200, old)
        await ground.off("image_update")
        assert (await client.ask("HEAD", SONARR)).headers["Docker-Content-Digest"] == old


async def test_refusals() -> None:
    async with yard() as ground:
        client = await with_token(ground, "linuxserver/sonarr")
        missing = await client.ask("GET", "/v2/linuxserver/sonarr/manifests/nope")
        assert (missing.status, missing.value["errors"][0]["code"]) == (404, "MANIFEST_UNKNOWN")
        private = await with_token(ground, "family/dashboard")
        assert (await private.ask("HEAD", "/v2/family/dashboard/manifests/3")).status == 401
        await ground.scenario("registry_limited")
        limited = await client.ask("HEAD", SONARR)
        assert (limited.status, limited.headers["ratelimit-remaining"]) == (429, "0;w=21600")
        assert limited.headers["Retry-After"] == "60"
        await ground.off("registry_limited")
        assert (await client.ask("HEAD", SONARR)).status == 200
        count = await ground.board.get("/calls/count", face="registry")
        assert count["routes"]["HEAD /v2/{name}/manifests/{reference}"]["calls"] >= 4
