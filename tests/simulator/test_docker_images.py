"""Pull, tag, remove, prune: what an update goes through."""

import json
from typing import Any

import pytest

from .http_client import Http, Yard, yard


async def pull(docker: Http, image: str, tag: str = "latest") -> list[dict[str, Any]]:
    """Every line of a pull that begins."""
    answer = await docker.post("/images/create", fromImage=image, tag=tag)
    assert answer.status == 200
    return [json.loads(line) for line in answer.body.splitlines()]


def sonarr(ground: Yard) -> str:
    return f"{ground.harbour.household.store.host}/linuxserver/sonarr"


async def test_a_pull_tells_how_far_it_is() -> None:
    async with yard() as ground:
        docker, image = ground.docker, sonarr(ground)
        lines = await pull(docker, image)
        assert [line["status"] for line in lines][-1] == f"Status: Image is up to date for {image}:latest"
        old = (await docker.get(f"/images/{image}:latest/json"))["Id"]
        await ground.scenario("image_update")
        lines = await pull(docker, image)
        words = [line["status"] for line in lines]
        assert words[0] == "Pulling from linuxserver/sonarr"
        assert words.count("Already exists") == 2
        assert words.count("Pull complete") == 2
        assert any(line["status"] == "Downloading" and line["progressDetail"]["current"] for line in lines)
        assert words[-1] == f"Status: Downloaded newer image for {image}:latest"
        new = await docker.get(f"/images/{image}:latest/json")
        assert new["Id"] != old
        assert f"Digest: {new['RepoDigests'][0].partition('@')[2]}" in words
        # the running container has lost the name of its image, and that is how one sees it
        row = (await docker.get("/containers/json", filters='{"name":["^/sonarr$"]}'))[0]
        assert row["Image"] == row["ImageID"] == old
        kept = await docker.get(f"/images/{old}/json")
        assert (kept["RepoTags"], len(kept["RepoDigests"])) == ([], 1)


async def test_the_containerd_store_forgets_names_and_digests() -> None:
    async with yard(store="containerd", oldest=(1, 44)) as ground:
        docker, image = ground.docker, sonarr(ground)
        before = await docker.get(f"/images/{image}:latest/json")
        assert before["RepoDigests"] == [f"{image}@{before['Id']}"]
        await ground.scenario("image_update")
        await pull(docker, image)
        after = await docker.get(f"/images/{before['Id']}/json")
        assert (after["RepoTags"], after["RepoDigests"]) == ([], [])
        row = (await docker.get("/containers/json", filters='{"name":["^/sonarr$"]}'))[0]
        assert row["ImageManifestDescriptor"]["digest"] == before["Id"]
        too_old = await docker.ask("GET", "/v1.43/containers/json")
        assert too_old.status == 400


@pytest.mark.parametrize(
    ("scenario", "words"),
    [("pull_breaks", "unexpected EOF"), ("disk_full", "no space left on device")],
)
async def test_what_goes_wrong_once_it_runs_is_told_in_the_stream(scenario: str, words: str) -> None:
    async with yard() as ground:
        docker, image = ground.docker, sonarr(ground)
        before = (await docker.get(f"/images/{image}:latest/json"))["Id"]
        await ground.scenario("image_update")
        await ground.scenario(scenario)
        lines = await pull(docker, image)
        assert words in lines[-1]["errorDetail"]["message"]
        assert lines[-1]["error"] == lines[-1]["errorDetail"]["message"]
        assert (await docker.get(f"/images/{image}:latest/json"))["Id"] == before
        await ground.off(scenario)
        await pull(docker, image)
        assert (await docker.get(f"/images/{image}:latest/json"))["Id"] != before


async def test_what_cannot_even_begin_is_refused() -> None:
    async with yard() as ground:
        docker, host = ground.docker, ground.harbour.household.store.host
        many = {
            (f"{host}/linuxserver/sonarr", "nope"): (404, f"manifest for {host}/linuxserver/sonarr:nope not found: manifest unknown: manifest unknown"),
            (f"{host}/nobody", "1"): (404, f"repository {host}/nobody not found: name unknown: repository name not known to registry"),
            ("BAD", "1"): (400, "invalid reference format: repository name must be lowercase"),
            ("other.example/x", "1"): (500, 'Get "https://other.example/v2/": dial tcp: lookup other.example on 192.168.1.1:53: no such host'),
        }  # fmt: skip
        for (image, tag), expected in many.items():
            answer = await docker.post("/images/create", fromImage=image, tag=tag)
            assert (answer.status, answer.message) == expected
        denied = await docker.post("/images/create", fromImage=f"{host}/family/dashboard", tag="3")
        assert denied.status == 404
        assert "may require 'docker login'" in denied.message
        await ground.scenario("registry_down")
        answer = await docker.post("/images/create", fromImage=sonarr(ground), tag="latest")
        assert answer.status == 500
        await ground.off("registry_down")
        await ground.scenario("registry_limited")
        answer = await docker.ask("GET", f"/distribution/{sonarr(ground)}:latest/json")
        assert answer.message.startswith("toomanyrequests: You have reached your pull rate limit")


async def test_looking_a_digest_up_through_the_engine_costs_a_pull() -> None:
    async with yard() as ground:
        store = ground.harbour.household.store
        before = store.left
        found = await ground.docker.get(f"/distribution/{sonarr(ground)}:latest/json")
        image = await ground.docker.get(f"/images/{sonarr(ground)}:latest/json")
        assert image["RepoDigests"] == [f"{sonarr(ground)}@{found['Descriptor']['digest']}"]
        assert store.left == before - 1
        denied = await ground.docker.ask("GET", f"/distribution/{store.host}/family/dashboard:3/json")
        assert denied.status == 403
        missing = await ground.docker.ask("GET", f"/distribution/{store.host}/family/nope:3/json")
        assert (missing.status, missing.message) == (404, "manifest unknown: manifest unknown")


async def test_a_tag_keeps_an_image_from_being_pruned() -> None:
    async with yard() as ground:
        docker, image = ground.docker, sonarr(ground)
        old = (await docker.get(f"/images/{image}:latest/json"))["Id"]
        await ground.scenario("image_update")
        await docker.do(f"/images/{old}/tag", repo="hsm-rollback/sonarr", tag="17")
        await pull(docker, image)
        await docker.delete("/containers/sonarr", force=1)
        await docker.do("/images/prune")
        assert (await docker.get(f"/images/{old}/json"))["RepoTags"] == ["hsm-rollback/sonarr:17"]
        answer = await docker.delete("/images/hsm-rollback/sonarr:17")
        assert answer.value[0] == {"Untagged": "hsm-rollback/sonarr:17"}
        assert {"Deleted": old} in answer.value
        assert (await docker.ask("GET", f"/images/{old}/json")).status == 404


async def test_images_in_use_are_kept() -> None:
    async with yard() as ground:
        docker, image = ground.docker, sonarr(ground)
        row = await docker.get(f"/images/{image}:latest/json")
        ident = (await docker.get("/containers/sonarr/json"))["Id"][:12]
        short = row["Id"].removeprefix("sha256:")[:12]
        by_name = await docker.delete(f"/images/{image}:latest")
        assert by_name.message == (
            f'conflict: unable to remove repository reference "{image}:latest" (must force) - container {ident} is '
            f"using its referenced image {short}"
        )
        by_ident = await docker.delete(f"/images/{row['Id']}", force=1)
        assert by_ident.message == (
            f"conflict: unable to delete {short} (cannot be forced) - image is being used by running container {ident}"
        )
        pruned = await docker.do("/images/prune", filters='{"dangling":["false"]}')
        assert pruned["SpaceReclaimed"] > 0
        assert (await docker.get(f"/images/{image}:latest/json"))["Id"] == row["Id"]
        assert (await docker.ask("GET", "/images/python:3.12-slim/json")).status == 404
