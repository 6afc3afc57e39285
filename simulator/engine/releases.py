"""Which engine it is: what differs between them was measured on real ones."""

from dataclasses import dataclass, replace
from typing import Literal

type Api = tuple[int, int]


@dataclass(frozen=True, slots=True)
class EngineRelease:
    """One engine. `oldest` is the lowest API version that it still answers."""

    name: str
    version: str
    api: Api
    oldest: Api
    go: str
    commit: str
    built: str
    containerd: str
    runc: str
    cgroup: Literal[1, 2]
    store: Literal["graph", "containerd"] = "graph"

    @property
    def modern(self) -> bool:
        """Whether it speaks as the engines since 25 do."""
        return self.api >= (1, 44)

    @property
    def driver(self) -> str:
        """The storage driver's name."""
        return "overlayfs" if self.store == "containerd" else "overlay2"


def text(api: Api) -> str:
    """`1.51`."""
    return f"{api[0]}.{api[1]}"


RELEASES: dict[str, EngineRelease] = {
    release.name: release
    for release in (
        EngineRelease(
            name="1.41",
            version="20.10.24",
            api=(1, 41),
            oldest=(1, 12),
            go="go1.19.8",
            commit="5d6db84",
            built="2026-05-07T21:09:36.000000000+00:00",
            containerd="1.6.20",
            runc="1.1.5",
            cgroup=1,
        ),
        EngineRelease(
            name="1.51",
            version="28.5.2",
            api=(1, 51),
            oldest=(1, 24),
            go="go1.25.3",
            commit="3ef3c07c883be49a2e8097bcf6d2952fce1d70eb",
            built="2026-09-15T11:02:57.000000000+00:00",
            containerd="2.1.9",
            runc="1.3.6",
            cgroup=2,
        ),
        # of this one there is no recording: it is as the API's list of changes says
        EngineRelease(
            name="1.52",
            version="29.1.3",
            api=(1, 52),
            oldest=(1, 44),
            go="go1.25.5",
            commit="29ed9f5f1a4c1f8a1a25e2d4c3b6b7a8c9d0e1f2",
            built="2026-09-30T09:12:31.000000000+00:00",
            containerd="2.2.0",
            runc="1.3.4",
            cgroup=2,
            store="containerd",
        ),
    )
}


def release_named(
    name: str,
    *,
    cgroup: Literal[1, 2] | None = None,
    store: Literal["graph", "containerd"] | None = None,
    oldest: Api | None = None,
) -> EngineRelease:
    """An engine by its API version, with what is to be different; KeyError for an unknown one."""
    found = RELEASES[name]
    return replace(
        found, cgroup=cgroup or found.cgroup, store=store or found.store, oldest=oldest or found.oldest
    )
