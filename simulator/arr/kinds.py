"""In what the Arrs with a library differ: names of fields, of commands, and of what becomes of a release."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of them. thing, above: fields that say what a record is about, and what that belongs to, empty for none.

    unknown: without which a queue hides what it knows no title of; include: which adds what is above. blocked: what it
    calls an import that waits for somebody; imported: one that went through.
    """

    api: str
    thing: str
    above: str
    unknown: str
    include: str
    commands: frozenset[str]
    blocked: str = "importBlocked"
    imported: str = "downloadFolderImported"


KINDS = {
    "Sonarr": Kind(
        api="v3",
        thing="episodeId",
        above="seriesId",
        unknown="includeUnknownSeriesItems",
        include="includeSeries",
        commands=frozenset(
            {
                "EpisodeSearch",
                "SeasonSearch",
                "SeriesSearch",
                "MissingEpisodeSearch",
                "CutoffUnmetEpisodeSearch",
                "RefreshSeries",
            }
        ),
    ),
    "Radarr": Kind(
        api="v3",
        thing="movieId",
        above="",
        unknown="includeUnknownMovieItems",
        include="",
        commands=frozenset(
            {"MoviesSearch", "MissingMoviesSearch", "CutoffUnmetMoviesSearch", "RefreshMovie"}
        ),
    ),
    "Lidarr": Kind(
        api="v1",
        thing="albumId",
        above="artistId",
        unknown="includeUnknownArtistItems",
        include="includeArtist",
        commands=frozenset(
            {"AlbumSearch", "ArtistSearch", "MissingAlbumSearch", "CutoffUnmetAlbumSearch", "RefreshArtist"}
        ),
        blocked="importFailed",
        imported="trackFileImported",
    ),
    "Readarr": Kind(
        api="v1",
        thing="bookId",
        above="authorId",
        unknown="includeUnknownAuthorItems",
        include="includeAuthor",
        commands=frozenset({"BookSearch", "AuthorSearch", "MissingBookSearch", "RefreshAuthor"}),
        blocked="importFailed",
        imported="bookFileImported",
    ),
}
