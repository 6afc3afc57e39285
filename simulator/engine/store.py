"""What registries hold: repositories, their tags, and the images behind them."""

from dataclasses import dataclass, field

from simulator.noise import digest

from .behaviour import Behaviour
from .model import Doc, Layer

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
LEGACY = "application/vnd.docker.distribution.manifest.v1+prettyjws"


@dataclass(frozen=True, slots=True)
class Published:
    """An image in a registry: `digest` is its index's, `platform_digest` that of the one for this machine."""

    digest: str
    platform_digest: str
    legacy_digest: str
    ident: str
    created: float
    config: Doc
    layers: tuple[Layer, ...]
    behaviour: Behaviour

    @property
    def size(self) -> int:
        """Bytes, unpacked."""
        return sum(layer.size for layer in self.layers)


@dataclass(slots=True, eq=False)
class Repository:
    """All tags of a name, and every manifest that was ever pushed under it."""

    path: str
    private: bool = False
    tags: dict[str, Published] = field(default_factory=dict)
    manifests: dict[str, Published] = field(default_factory=dict)

    def push(self, tag: str, image: Published) -> None:
        """Move a tag; what it pointed to stays reachable by digest."""
        self.tags[tag] = image
        self.manifests[image.digest] = self.manifests[image.platform_digest] = image

    def find(self, reference: str) -> Published | None:
        """By tag or digest."""
        return self.manifests.get(reference) or self.tags.get(reference)


@dataclass(slots=True, eq=False)
class Store:
    """One registry, known to engines as `host`.

    `left` pulls remain of `limit` in a window of `window` seconds; only pulls count, never a HEAD. `down`: nothing
    answers. `fails_after`: a pull breaks after that many layers.
    """

    host: str
    seed: int = 1
    repositories: dict[str, Repository] = field(default_factory=dict)
    limit: int = 100
    window: int = 21600
    left: int = 100
    down: bool = False
    fails_after: int | None = None

    def repository(self, path: str, *, private: bool = False) -> Repository:
        """A repository, made where there is none."""
        return self.repositories.setdefault(path, Repository(path, private))

    def publish(
        self,
        path: str,
        tag: str,
        *,
        config: Doc,
        behaviour: Behaviour,
        created: float,
        size: int = 180 << 20,
        version: str = "",
    ) -> Published:
        """Push a new image to a tag; the same version of the same path always has the same digests."""
        key = (path, version or tag)
        shares = (0.42, 0.31, 0.2, 0.07)
        layers = tuple(
            # the base layers are the same in every version
            Layer(
                f"sha256:{digest(self.seed, path, number, version if number > 1 else '')}", int(size * share)
            )
            for number, share in enumerate(shares)
        )
        image = Published(
            digest=f"sha256:{digest(self.seed, 'index', *key)}",
            platform_digest=f"sha256:{digest(self.seed, 'manifest', *key)}",
            legacy_digest=f"sha256:{digest(self.seed, 'legacy', *key)}",
            ident=f"sha256:{digest(self.seed, 'config', *key)}",
            created=created,
            config=config,
            layers=layers,
            behaviour=behaviour,
        )
        self.repository(path).push(tag, image)
        return image
