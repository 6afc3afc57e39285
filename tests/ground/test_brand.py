"""The brand images are there, have the right sizes, and are what script/brand draws."""

from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
import sys
from types import ModuleType

from PIL import Image, ImageChops
import pytest

from .tree import PACKAGE, ROOT

FOLDER = PACKAGE / "brand"
NAMES = ["dark_logo.png", "dark_logo@2x.png", "icon.png", "icon@2x.png", "logo.png", "logo@2x.png"]


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    """Yield script/brand as a module; it has no .py in its name and leaves no bytecode behind."""
    loader = SourceFileLoader("brand_script", str(ROOT / "script/brand"))
    spec = spec_from_loader(loader.name, loader)
    assert spec
    module = module_from_spec(spec)
    sys.modules[loader.name] = module  # dataclasses look their module up
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
        yield module
    finally:
        sys.dont_write_bytecode = before
        del sys.modules[loader.name]


def test_names() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_image(name: str) -> None:
    with Image.open(FOLDER / name) as image:
        assert image.format == "PNG"
        assert image.mode == "RGBA"
        height = (256 if "icon" in name else 128) * (2 if "@2x" in name else 1)
        assert image.height == height
        if "icon" in name:
            assert image.width == height
        else:
            assert 2 * height < image.width < 5 * height
        alpha = image.getchannel("A")
        assert alpha.getextrema() == (0, 255), "nothing drawn, or no transparent ground"
        left, top, right, bottom = alpha.getbbox() or (0, 0, 0, 0)
        assert (top, bottom) == (0, height), "not trimmed"
        if "icon" not in name:
            assert (left, right) == (0, image.width), "not trimmed"


@pytest.mark.parametrize("name", NAMES)
def test_is_what_the_script_draws(script: ModuleType, name: str) -> None:
    drawn = script.images()[name]
    with Image.open(FOLDER / name) as committed:
        if "icon" in name:
            assert committed.size == drawn.size
            # another version of Pillow may round an edge differently
            difference = ImageChops.difference(committed.convert("RGBa"), drawn.convert("RGBa"))
            assert max(difference.tobytes()) <= 32
        else:  # and draw letters a little wider
            assert committed.height == drawn.height
            assert abs(committed.width - drawn.width) <= 8
