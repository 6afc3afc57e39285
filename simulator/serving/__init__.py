"""What every HTTP face of the simulator is made of: routes, replies, calls that are counted, faults."""

from .calls import HttpCall, HttpCalls
from .face import Face
from .faults import HTTP_FAULTS, HttpFault, HttpFaults
from .replies import Json, Raw, Reply, Stream
from .routes import Route, Routes

__all__ = [
    "HTTP_FAULTS",
    "Face",
    "HttpCall",
    "HttpCalls",
    "HttpFault",
    "HttpFaults",
    "Json",
    "Raw",
    "Reply",
    "Route",
    "Routes",
    "Stream",
]
