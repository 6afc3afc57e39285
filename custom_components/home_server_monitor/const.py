"""Names that several rooms share."""

from typing import Final

DOMAIN: Final = "home_server_monitor"

CONF_KIND: Final = "kind"
CONF_SERVER: Final = "server"
CONF_FINGERPRINT: Final = "fingerprint"

KIND_SERVER: Final = "server"
HOME: Final = "home"

CONF_OWN_PATH: Final = "own_path"
