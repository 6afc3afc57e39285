"""Images of the local store: pull, tag, remove, prune."""

import asyncio
from collections.abc import AsyncGenerator

from .engine import Engine
from .errors import EngineError
from .model import Container, Doc, Image, Layer
from .references import Reference
from .store import Published, Repository, Store

STEPS = 4
# seconds that a layer takes at a pace of 1
LAYER_SECONDS = 0.6


def keep(engine: Engine, published: Published, reference: Reference | None = None) -> Image:
    """Put a registry's image into the local store, under a name if one is given."""
    ident = published.digest if engine.release.store == "containerd" else published.ident
    image = engine.images.get(ident)
    if image is None:
        image = Image(
            ident=ident,
            created=published.created,
            size=published.size,
            config=published.config,
            layers=published.layers,
            behaviour=published.behaviour,
            manifest=published.digest,
        )
        engine.images[ident] = image
    if reference is not None:
        digest = f"{reference.repository}@{published.digest}"
        if digest not in image.digests:
            image.digests.append(digest)
        if reference.digest is None:
            move_tag(engine, image, reference.tagged)
    return image


def move_tag(engine: Engine, image: Image, tag: str) -> None:
    """Let a tag point to this image; who had it before loses it."""
    for other in list(engine.images.values()):
        if tag in other.tags and other is not image:
            other.tags.remove(tag)
            if engine.release.store == "containerd":
                # that store also forgets the digests of the name that moved on
                repository = tag.rpartition(":")[0]
                other.digests = [each for each in other.digests if not each.startswith(f"{repository}@")]
            _touch_users(engine, other)
    if tag not in image.tags:
        image.tags.append(tag)
        image.tags.sort()
    image.tagged_at = engine.now()
    _touch_users(engine, image)


def _touch_users(engine: Engine, image: Image) -> None:
    for container in engine.containers.values():
        if container.image is image:
            container.touch()


def store_of(engine: Engine, reference: Reference) -> Store:
    """The registry behind a name; EngineError where it cannot be reached."""
    host = reference.host or "registry-1.docker.io"
    store = engine.stores.get(reference.host or "docker.io")
    if store is None:
        words = f"dial tcp: lookup {host} on 192.168.1.1:53: no such host"
        raise EngineError(500, f'Get "https://{host}/v2/": {words}')
    if store.down:
        words = f"dial tcp {host}: connect: connection refused"
        raise EngineError(500, f'Get "http://{host}/v2/": {words}')
    return store


def repository_of(engine: Engine, reference: Reference) -> Repository:
    """Where a registry keeps it; counts as a pull."""
    store = store_of(engine, reference)
    if store.left <= 0:
        words = "You have reached your pull rate limit. You may increase the limit by authenticating and upgrading"
        raise EngineError(429 if engine.release.modern else 500, f"toomanyrequests: {words}")
    store.left -= 1
    found = store.repositories.get(reference.remote) or store.repositories.get(reference.path)
    if found is not None and found.private:
        words = "denied: requested access to the resource is denied"
        where = f"pull access denied for {reference.repository}, repository does not exist or may require 'docker login'"
        raise EngineError(404, f"{where}: {words}")
    if found is None:
        words = "name unknown: repository name not known to registry"
        raise EngineError(404, f"repository {reference.repository} not found: {words}")
    return found


def look_up(engine: Engine, text: str) -> tuple[Reference, Published]:
    """`GET /distribution`: what a name means at its registry."""
    reference = Reference.parse(text)
    try:
        repository = repository_of(engine, reference)
    except EngineError as error:
        if error.status == 404 and "denied" in error.message:
            words = "requested access to the resource is denied"
            raise EngineError(
                403, f"errors:\ndenied: {words}\nunauthorized: authentication required\n"
            ) from error
        if error.status == 404:
            raise EngineError(404, "manifest unknown: manifest unknown") from error
        raise
    found = repository.find(reference.digest or reference.tag or "latest")
    if found is None:
        raise EngineError(404, "manifest unknown: manifest unknown")
    return reference, found


async def pull(engine: Engine, text: str, tag: str | None) -> AsyncGenerator[Doc]:
    """Pull an image, telling how far it is; what goes wrong once it runs is told in the stream."""
    separator = "@" if tag and tag.startswith("sha256:") else ":"
    reference = Reference.parse(f"{text}{separator}{tag}" if tag else text)
    repository = repository_of(engine, reference)
    found = repository.find(reference.digest or reference.tag or "latest")
    if found is None:
        words = f"manifest for {reference} not found: manifest unknown: manifest unknown"
        raise EngineError(404, words)
    return _pulling(engine, reference, found)


async def _pulling(engine: Engine, reference: Reference, found: Published) -> AsyncGenerator[Doc]:
    store = store_of(engine, reference)
    yield {"status": f"Pulling from {reference.remote}", "id": reference.tag or "latest"}
    ident = found.digest if engine.release.store == "containerd" else found.ident
    here = {layer.digest for image in engine.images.values() for layer in image.layers}
    new = ident not in engine.images
    if new:
        done = 0
        for layer in found.layers:
            short = layer.digest.removeprefix("sha256:")[:12]
            if layer.digest in here:
                yield {"status": "Already exists", "progressDetail": {}, "id": short}
                continue
            async for line in _layer(engine, layer, short):
                yield line
            done += 1
            if store.fails_after is not None and done >= store.fails_after:
                yield _failure("unexpected EOF")
                return
            if layer.size > engine.free:
                yield _failure(
                    "failed to register layer: write /usr/lib/libicudata.so.76: no space left on device"
                )
                return
            yield {"status": "Pull complete", "progressDetail": {}, "id": short}
    name = str(reference)
    yield {"status": f"Digest: {found.digest}"}
    had = engine.find_image(name)
    if new:
        engine.free -= sum(layer.size for layer in found.layers if layer.digest not in here)
    image = keep(engine, found, reference)
    engine.tell_of(
        "image", "pull", name, {**(image.config.get("Labels") or {}), "name": reference.repository}
    )
    words = "Image is up to date for" if had is image else "Downloaded newer image for"
    yield {"status": f"Status: {words} {name}"}


def _failure(words: str) -> Doc:
    return {"errorDetail": {"message": words}, "error": words}


async def _layer(engine: Engine, layer: Layer, short: str) -> AsyncGenerator[Doc]:
    yield {"status": "Pulling fs layer", "progressDetail": {}, "id": short}
    for what in ("Downloading", "Extracting"):
        for step in range(1, STEPS + 1):
            current = layer.size * step // STEPS
            bar = "=" * (50 * step // STEPS)
            yield {
                "status": what,
                "progressDetail": {"current": current, "total": layer.size},
                "progress": f"[{bar + '>':50.50}] {current / 1e6:.4g}MB/{layer.size / 1e6:.4g}MB",
                "id": short,
            }
            await asyncio.sleep(LAYER_SECONDS * engine.pace / (2 * STEPS))
        if what == "Downloading":
            yield {"status": "Verifying Checksum", "progressDetail": {}, "id": short}
            yield {"status": "Download complete", "progressDetail": {}, "id": short}


def tag(engine: Engine, image: Image, repository: str, name: str | None) -> None:
    """`docker tag`."""
    try:
        reference = Reference.parse(f"{repository}:{name}" if name else repository)
    except EngineError as error:
        raise EngineError(400 if engine.release.modern else 500, error.message) from error
    move_tag(engine, image, reference.tagged)
    engine.tell_of("image", "tag", image.ident, {"name": reference.tagged}, origin="")


def users_of(engine: Engine, image: Image) -> list[Container]:
    """The containers that are made of it."""
    return [container for container in engine.containers.values() if container.image is image]


def remove(engine: Engine, text: str, *, force: bool = False) -> list[Doc]:
    """`docker rmi`."""
    image = engine.image(text)
    by_ident = text.removeprefix("sha256:") in image.ident and not any(text in tag for tag in image.tags)
    users = users_of(engine, image)
    short = image.ident.removeprefix("sha256:")[:12]
    if by_ident:
        _check_ident(image, users, short, force=force)
        gone = [{"Untagged": name} for name in (*image.tags, *image.digests)]
        return [*gone, *_delete(engine, image)]
    reference = Reference.parse(text)
    if len(image.tags) <= 1 and users and not force:
        words = f"container {users[0].ident[:12]} is using its referenced image {short}"
        where = f'unable to remove repository reference "{text}"'
        raise EngineError(409, f"conflict: {where} (must force) - {words}")
    if reference.tagged in image.tags:
        image.tags.remove(reference.tagged)
    engine.tell_of("image", "untag", image.ident, {"name": image.ident}, origin="")
    for container in users:
        container.touch()
    gone = [{"Untagged": reference.tagged}]
    if image.tags or users:
        return gone
    gone += [{"Untagged": name} for name in image.digests]
    return [*gone, *_delete(engine, image)]


def _check_ident(image: Image, users: list[Container], short: str, *, force: bool) -> None:
    running = [container for container in users if container.alive]
    if running:
        words = f"image is being used by running container {running[0].ident[:12]}"
        raise EngineError(409, f"conflict: unable to delete {short} (cannot be forced) - {words}")
    if force:
        return
    if len({name.rpartition(":")[0] for name in image.tags}) > 1:
        words = "image is referenced in multiple repositories"
        raise EngineError(409, f"conflict: unable to delete {short} (must be forced) - {words}")
    if users:
        words = f"image is being used by stopped container {users[0].ident[:12]}"
        raise EngineError(409, f"conflict: unable to delete {short} (must be forced) - {words}")


def _delete(engine: Engine, image: Image) -> list[Doc]:
    engine.images.pop(image.ident, None)
    left = {layer.digest for other in engine.images.values() for layer in other.layers}
    gone = [layer for layer in image.layers if layer.digest not in left]
    engine.free += sum(layer.size for layer in gone)
    engine.tell_of("image", "delete", image.ident, {"name": image.ident}, origin="")
    return [{"Deleted": image.ident}, *({"Deleted": layer.digest} for layer in gone)]


def prune(engine: Engine, *, dangling: bool = True) -> Doc:
    """`docker image prune`: what nobody uses and, unless told otherwise, has no name."""
    free = engine.free
    deleted: list[Doc] = []
    for image in list(engine.images.values()):
        if users_of(engine, image) or (dangling and image.tags):
            continue
        deleted += [{"Untagged": name} for name in (*image.tags, *image.digests)]
        deleted += _delete(engine, image)
    return {"ImagesDeleted": deleted or None, "SpaceReclaimed": engine.free - free}
