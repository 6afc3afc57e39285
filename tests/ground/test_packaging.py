"""manifest.json and hacs.json, and the workflows that check and release them."""

import ast
from pathlib import Path
import re
from typing import Any

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
from homeassistant.const import Platform
from homeassistant.requirements import DISCOVERY_INTEGRATIONS
from homeassistant.util.yaml import load_yaml_dict
import pytest
import voluptuous as vol

from .tree import DOMAIN, PACKAGE, ROOT, existing, modules, read_json

VERSIONS = [
    AwesomeVersionStrategy.SEMVER,
    AwesomeVersionStrategy.CALVER,
    AwesomeVersionStrategy.SIMPLEVER,
    AwesomeVersionStrategy.PEP440,
]
HTTPS = vol.Match(r"^https://[^/\s]+/\S*$")
LOWER = vol.Match(r"^[^A-Z]+$")

MANIFEST = vol.Schema(
    {
        vol.Required("domain"): DOMAIN,
        vol.Required("name"): "Home Server Monitor",
        vol.Required("codeowners"): vol.All([vol.Match(r"^@[A-Za-z0-9-]+$")], vol.Length(min=1)),
        vol.Required("config_flow"): True,
        vol.Required("documentation"): HTTPS,
        vol.Required("integration_type"): "hub",
        vol.Required("iot_class"): "local_push",
        vol.Required("issue_tracker"): HTTPS,
        vol.Required("requirements"): [vol.Match(r"^[a-z0-9-]+==[0-9.]+$")],
        vol.Required("version"): str,
        vol.Optional("after_dependencies"): [str],
        vol.Optional("dependencies"): [str],
        vol.Optional("loggers"): [str],
        vol.Optional("zeroconf"): [
            {
                vol.Required("type"): vol.Match(r"^_[a-z0-9-]+\._(tcp|udp)\.local\.$"),
                vol.Optional("name"): LOWER,
                vol.Optional("properties"): {LOWER: LOWER},
            }
        ],
    }
)

HACS = vol.Schema(
    {
        vol.Required("name"): str,
        vol.Required("filename"): f"{DOMAIN}.zip",
        vol.Required("hacs"): vol.Match(r"^\d+\.\d+\.\d+$"),
        vol.Required("hide_default_branch"): True,
        vol.Required("homeassistant"): vol.Match(r"^20\d\d\.\d+\.\d+$"),
        vol.Required("zip_release"): True,
    }
)

# What Home Assistant lets any integration import without saying so, as far as we could want it.
FREE_COMPONENTS = {platform.value for platform in Platform} | {
    "automation",
    "conversation",
    "frontend",
    "group",
    "homeassistant",
    "media_source",
    "onboarding",
    "panel_custom",
    "persistent_notification",
    "person",
    "script",
    "stream",
    "sun",
    "system_health",
    "system_log",
    "webhook",
    "websocket_api",
    "zone",
}


def in_order(keys: list[str]) -> list[str]:
    """Return a manifest's keys as hassfest wants them: domain, name, the rest by the alphabet."""
    return sorted(
        keys, key=lambda key: (("domain", "name").index(key) if key in ("domain", "name") else 2, key)
    )


def undeclared_imports(package: Path, manifest: dict[str, Any]) -> list[str]:
    """Return the imports of core integrations that the manifest would have to name."""
    declared = {*manifest.get("dependencies", ()), *manifest.get("after_dependencies", ())}
    declared |= {name for name, keys in DISCOVERY_INTEGRATIONS.items() if manifest.keys() & set(keys)}
    own = {path.stem for path in package.iterdir()}  # logbook.py is what we offer to logbook
    complaints = []
    for module in modules(package).values():
        for node in ast.walk(module.syntax):
            names: list[str] = []
            if isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                match name.split("."):
                    case ["homeassistant", "components", component, *_]:
                        if component not in FREE_COMPONENTS | declared | own:
                            complaints.append(f"{module.name} imports components.{component}")
    return complaints


def test_manifest() -> None:
    manifest = read_json(PACKAGE / "manifest.json")
    MANIFEST(manifest)
    assert manifest["domain"] == PACKAGE.name
    assert list(manifest) == in_order(list(manifest))
    AwesomeVersion(manifest["version"], ensure_strategy=VERSIONS)
    assert not set(manifest.get("dependencies", ())) & set(manifest.get("after_dependencies", ()))


@pytest.mark.parametrize(
    "change",
    [
        {"domain": "other"},
        {"documentation": "http://example.org/"},
        {"iot_class": "push"},
        {"requirements": ["aiohttp>=3"]},
        {"zeroconf": [{"type": "_http._tcp.local.", "name": "TrueNAS*"}]},
        {"surprise": 1},
    ],
)
def test_a_wrong_manifest_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(vol.Invalid):
        MANIFEST(read_json(PACKAGE / "manifest.json") | change)


def test_order_of_keys() -> None:
    assert in_order(["version", "name", "config_flow", "domain"]) == [
        "domain",
        "name",
        "config_flow",
        "version",
    ]


def test_hacs() -> None:
    hacs = read_json(ROOT / "hacs.json")
    HACS(hacs)
    assert hacs["name"] == read_json(PACKAGE / "manifest.json")["name"]
    folders = [path.name for path in PACKAGE.parent.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert folders == [DOMAIN], "HACS takes one integration"


def test_readme_exists() -> None:
    assert existing(ROOT / "README.md").read_text(encoding="utf-8").strip()


def test_config_flow_exists() -> None:
    existing(PACKAGE / "__init__.py")
    assert (PACKAGE / "config_flow.py").is_file()
    assert "async_set_unique_id" in "".join(
        module.path.read_text(encoding="utf-8") for module in modules(PACKAGE).values()
    ), "a discovered service needs a unique id"


def test_imported_components_are_declared() -> None:
    assert not undeclared_imports(PACKAGE, read_json(PACKAGE / "manifest.json"))


def test_an_undeclared_component_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "from homeassistant.components import recorder, zeroconf, sensor\n"
        "def f():\n    from homeassistant.components.mqtt.models import X\n"
    )
    found = undeclared_imports(tmp_path, {"zeroconf": []})
    assert sorted(found) == ["a imports components.mqtt", "a imports components.recorder"]
    assert not undeclared_imports(tmp_path, {"zeroconf": [], "after_dependencies": ["recorder", "mqtt"]})


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.stem
)
def test_workflow(path: Path) -> None:
    workflow = load_yaml_dict(str(path))
    assert workflow["permissions"] == {}, "rights are given to a job, not to the file"
    for job in workflow["jobs"].values():
        assert job["permissions"]
        assert job["timeout-minutes"] <= 45
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]), step["uses"]
            assert "${{ github.event" not in step.get("run", ""), "a tag's name is not to be run by the shell"
