"""Images without a registry: a static busybox in a tar."""

import io
from pathlib import Path
import shutil
import tarfile

from .processes import PATH, NoEngine

# what the tests' commands use
APPLETS = """cat cp date dd df echo env false find grep head hostname httpd id ip kill ln ls md5sum mkdir mv nc nslookup
ping ps rm sed sh sleep stat sync tail tar test top touch true wc wget yes"""


def busybox_tar(files: dict[str, str] | None = None) -> bytes:
    """Return the root file system of an image: busybox, its names, and these files by their paths."""
    program = shutil.which("busybox", path=PATH)
    if program is None:
        raise NoEngine("no busybox")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for folder in ("bin", "etc", "tmp", "proc", "sys", "dev", "data"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        content = Path(program).read_bytes()
        entry = tarfile.TarInfo("bin/busybox")
        entry.size, entry.mode = len(content), 0o755
        tar.addfile(entry, io.BytesIO(content))
        for applet in APPLETS.split():
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
        for path, text in {"etc/passwd": "root:x:0:0:root:/:/bin/sh\n", **(files or {})}.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(text.encode()), 0o755
            tar.addfile(entry, io.BytesIO(text.encode()))
    return out.getvalue()
