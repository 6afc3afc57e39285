"""What services stand on, and whose disks somebody watches from: a stream of another pool holds no import back."""

from dataclasses import dataclass, field
from typing import Any

from custom_components.home_server_monitor.guardian.capabilities import Service, Way
from custom_components.home_server_monitor.guardian.capabilities_streams import Given
from custom_components.home_server_monitor.guardian.own_path import endpoint_node
from custom_components.home_server_monitor.plays.below import Below
from custom_components.home_server_monitor.plays.tiering.watching import is_watched
from custom_components.home_server_monitor.sources.errors import CannotConnect

from .test_quicksync import HOST, Engine, Nas


class Harbour(Engine):
    """An engine with a Plex and a Radarr, each with mounts of its own."""

    gone = False

    async def given(self, container: str) -> Given:
        if self.gone:
            raise CannotConnect("away")
        self.asked += 1
        mounts = {
            "p": {"/films": "/mnt/tank/films", "/new": "/mnt/fast/films", "/odd": "/srv/odd"},
            "r": {"/library": "/mnt/tank/films", "/quick": "/mnt/fast/films"},
        }
        return Given(mounts=mounts[container])


@dataclass
class Source:
    """Something at an address, such as an Arr with its libraries."""

    port: int
    libraries: frozenset[str] = frozenset({"/library"})
    places: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.places = frozenset({endpoint_node(HOST, self.port)})


@dataclass
class Stream:
    """Somebody watches."""

    file: str
    plays: bool = True


def harbour() -> Harbour:
    return Harbour(
        [
            Service(
                "plex",
                ("plexinc/pms-docker",),
                ways=(Way(32400, HOST, 32400),),
                containers=frozenset({"p"}),
            ),
            # it shares the network of its machine, and publishes nothing
            Service("radarr", ("lscr.io/linuxserver/radarr",), host=HOST, containers=frozenset({"r"})),
        ],
        None,
    )


def below(*sources: Any) -> Below:
    return Below(lambda capability: [each for each in sources if isinstance(each, capability)])


async def test_only_who_reads_from_the_same_disks_is_waited_for() -> None:
    engine, nas = harbour(), Nas()
    plex, radarr = Source(32400), Source(7878)
    found = below(engine, nas)
    assert await found.pool(plex, "/films/A/a.mkv") == "tank"
    assert await found.pool(plex, "/new/a.mkv") == "fast"
    for libraries, files, watched in (
        ({"/library"}, [], False),
        ({"/library"}, ["/films/a.mkv"], True),
        ({"/library"}, ["/new/a.mkv"], False),
        ({"/library"}, ["/new/a.mkv", "/films/b.mkv"], True),
        ({"/quick"}, ["/films/a.mkv"], False),
        ({"/quick", "/library"}, ["/films/a.mkv"], True),
        # in doubt it waits: where a file or a library lies is not known
        ({"/library"}, ["/odd/a.mkv"], True),
        ({"/library"}, [""], True),
        ({"/elsewhere"}, ["/new/a.mkv"], True),
        (set(), ["/new/a.mkv"], True),
    ):
        radarr.libraries = frozenset(libraries)
        streams = [(plex, Stream(each)) for each in files]
        assert await is_watched(found, radarr, streams) is watched, (libraries, files)
    assert engine.asked == 2, "each container is asked about once"
    radarr.libraries = frozenset({"/library"})
    assert not await is_watched(found, radarr, [(plex, Stream("/films/a.mkv", plays=False))])
    # a Plex that runs elsewhere, an engine or a machine that nobody watches, or that is away
    assert await is_watched(found, radarr, [(Source(1), Stream("/new/a.mkv"))])
    assert await is_watched(below(nas), radarr, [(plex, Stream("/new/a.mkv"))])
    assert await is_watched(below(engine), radarr, [(plex, Stream("/new/a.mkv"))])
    away = harbour()
    away.gone = True
    assert await is_watched(below(away, nas), radarr, [(plex, Stream("/new/a.mkv"))])
    engine.judged = False
    assert await is_watched(found, radarr, [(plex, Stream("/new/a.mkv"))])
