"""Which Arr it is: what its interface is called, what it searches for, and what it has at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One of the Arrs, by what it says that it is.

    thing: the field of a record that says what it is about; things: the argument of its search. unknown: the parameter without
    which a queue hides what it knows no title of; include: the one with which it says what a record belongs to. search, missing, cutoff, refresh: names of commands, empty where there is
    none. writes: whether anything may be ordered.
    """

    name: str
    api: tuple[str, ...]
    unknown: str = ""
    include: str = ""
    thing: str = ""
    things: str = ""
    search: str = ""
    missing: str = ""
    cutoff: str = ""
    refresh: str = ""
    writes: bool = True
    indexers: bool = False

    @property
    def queue(self) -> bool:
        """Return whether it downloads anything by itself."""
        return bool(self.unknown)


SONARR = App(
    name="Sonarr",
    api=("v3", "v5"),
    unknown="includeUnknownSeriesItems",
    include="includeSeries",
    thing="episodeId",
    things="episodeIds",
    search="EpisodeSearch",
    missing="MissingEpisodeSearch",
    cutoff="CutoffUnmetEpisodeSearch",
    refresh="RefreshSeries",
)
RADARR = App(
    name="Radarr",
    api=("v3",),
    unknown="includeUnknownMovieItems",
    thing="movieId",
    things="movieIds",
    search="MoviesSearch",
    missing="MissingMoviesSearch",
    cutoff="CutoffUnmetMoviesSearch",
    refresh="RefreshMovie",
)
LIDARR = App(
    name="Lidarr",
    api=("v1",),
    unknown="includeUnknownArtistItems",
    include="includeArtist",
    thing="albumId",
    things="albumIds",
    search="AlbumSearch",
    missing="MissingAlbumSearch",
    cutoff="CutoffUnmetAlbumSearch",
    refresh="RefreshArtist",
)
# retired by its makers: it is shown, and nothing is ordered
READARR = App(
    name="Readarr",
    api=("v1",),
    unknown="includeUnknownAuthorItems",
    include="includeAuthor",
    thing="bookId",
    writes=False,
)
PROWLARR = App(name="Prowlarr", api=("v1",), indexers=True)
# no Servarr: it has an interface of its own, of which its health is read
BAZARR = App(name="Bazarr", api=(), writes=False)
APPS: Mapping[str, App] = MappingProxyType(
    {app.name.lower(): app for app in (SONARR, RADARR, LIDARR, READARR, PROWLARR, BAZARR)}
)
