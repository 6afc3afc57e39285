"""Documents as a Plex Media Server writes them in JSON."""

from typing import Any

from .theatre import MACHINE, WAYS, Library, Showing, Theatre


def container(key: str, found: list[Any], **more: Any) -> dict[str, Any]:
    """A list in its container; what is empty is left out, as the real one does."""
    return {"MediaContainer": {"size": len(found), **more, **({key: found} if found else {})}}


def about(theatre: Theatre) -> dict[str, Any]:
    """What it says of itself to its owner."""
    features = (
        "adaptive_bitrate,hardware_transcoding,pass,session_kick" if theatre.plex_pass else "adaptive_bitrate"
    )
    return {
        "MediaContainer": {
            "size": 25,
            "friendlyName": theatre.preferences["FriendlyName"],
            "machineIdentifier": MACHINE,
            "myPlex": True,
            "myPlexMappingState": theatre.mapping,
            "myPlexSigninState": "ok",
            "myPlexSubscription": theatre.plex_pass,
            "ownerFeatures": features,
            "platform": "Linux",
            "platformVersion": "6.12.15 (TrueNAS)",
            "transcoderActiveVideoSessions": sum(bool(each.way) for each in theatre.showings.values()),
            "updatedAt": int(theatre.world.clock.now()),
            "version": theatre.version,
        }
    }


def session_row(theatre: Theatre, it: Showing) -> dict[str, Any]:
    """One of the sessions."""
    row: dict[str, Any] = {
        "sessionKey": it.key,
        "ratingKey": f"10{it.key}",
        "title": it.title,
        "type": "episode" if it.series else "movie",
        "duration": int(it.minutes * 60_000),
        "viewOffset": int(theatre.at(it) * 1000),
        "User": {"id": "1", "title": it.user},
        "Player": {
            "address": "198.51.100.7" if it.remote else "192.168.1.77",
            "remotePublicAddress": "198.51.100.7",
            "device": "TV",
            "local": not it.remote,
            "relayed": it.relayed,
            "secure": it.secure,
            "product": "Plex for Android (TV)",
            "state": it.state,
            "title": it.player,
        },
        "Session": {
            "id": f"session-{it.key}",
            "bandwidth": it.kbps,
            "location": "wan" if it.remote else "lan",
        },
        "Media": [_media(it)],
    }
    if it.series:
        row["grandparentTitle"] = it.series
    if it.way or it.burned:
        row["TranscodeSession"] = _transcode(it)
    return row


def _media(it: Showing) -> dict[str, Any]:
    video: dict[str, Any] = {
        "id": 1,
        "streamType": 1,
        "codec": it.codec,
        "profile": it.profile,
        "bitDepth": it.depth,
        "height": 2160 if it.hdr else 1080,
        "chromaSubsampling": "4:2:0",
        "decision": "transcode" if it.way else "copy",
    }
    if it.hdr:
        video["colorTrc"] = "smpte2084"
    streams = [video, {"id": 2, "streamType": 2, "codec": "eac3", "selected": True}]
    if it.subtitle:
        streams.append({"id": 3, "streamType": 3, "codec": it.subtitle, "selected": True})
    return {
        "id": 1,
        "selected": True,
        "videoCodec": "h264" if it.way else it.codec,
        "height": 1080,
        "Part": [
            {
                "id": 1,
                "selected": True,
                "decision": "transcode" if it.way else "directplay",
                "file": it.file or f"/data/films/{it.title}.mkv",
                "Stream": streams,
            }
        ],
    }


def _transcode(it: Showing) -> dict[str, Any]:
    decoder, encoder, whole, asked = WAYS.get(it.way, ("", "", False, False))
    row: dict[str, Any] = {
        "key": f"/transcode/sessions/{it.key}",
        "throttled": it.throttled,
        "complete": False,
        "progress": 12.5,
        "speed": it.speed,
        "context": "streaming",
        "sourceVideoCodec": it.codec,
        "videoDecision": "transcode" if it.way else "copy",
        "audioDecision": "copy",
        "protocol": "dash",
        "container": "mp4",
        "videoCodec": "h264",
        "transcodeHwRequested": asked,
        "transcodeHwFullPipeline": whole,
    }
    if it.subtitle:
        row["subtitleDecision"] = "burn" if it.burned else "transcode"
    if decoder:
        row |= {"transcodeHwDecoding": decoder, "transcodeHwDecodingTitle": "Intel (VA API)"}
    if encoder:
        row |= {"transcodeHwEncoding": encoder, "transcodeHwEncodingTitle": "Intel (VA API)"}
    return row


def library_row(it: Library) -> dict[str, Any]:
    """One of the libraries."""
    return {
        "key": it.key,
        "title": it.title,
        "type": it.kind,
        "refreshing": bool(it.scanning),
        "scannedAt": int(it.scanned),
    }


def setting_row(key: str, value: Any) -> dict[str, Any]:
    """One of the settings."""
    kind = "bool" if isinstance(value, bool) else "int" if isinstance(value, int) else "text"
    return {
        "id": key,
        "label": key,
        "type": kind,
        "value": value,
        "default": value,
        "hidden": False,
        "advanced": False,
    }
