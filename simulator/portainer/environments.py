"""What Portainer manages: one engine, and things that are none."""

from dataclasses import dataclass
from typing import Any

type Row = dict[str, Any]

DOCKER, AGENT, AZURE, EDGE, KUBERNETES, KUBERNETES_AGENT, KUBERNETES_EDGE = 1, 2, 3, 4, 5, 6, 7
UP, DOWN = 1, 2


@dataclass(slots=True)
class Environment:
    """One of them; `status` is what the last snapshot said. `engine`: calls reach the engine."""

    number: int
    name: str
    kind: int
    url: str
    status: int = UP
    engine: bool = False


def default_environments() -> list[Environment]:
    """The local engine, one behind an agent that is down, and four that have no Docker API."""
    return [
        Environment(2, "local", DOCKER, "unix:///var/run/docker.sock", engine=True),
        Environment(3, "garden shed", AGENT, "tcp://192.168.1.40:9001", DOWN),
        Environment(4, "cloud", AZURE, "https://management.azure.example"),
        Environment(5, "cluster", KUBERNETES, "https://192.168.1.50:6443"),
        Environment(6, "cluster agent", KUBERNETES_AGENT, "tcp://192.168.1.51:9001"),
        Environment(7, "far cluster", KUBERNETES_EDGE, "https://portainer.home.example"),
    ]


_KUBERNETES: Row = {
    "Configuration": {
        "AllowNoneIngressClass": False,
        "EnableResourceOverCommit": True,
        "IngressAvailabilityPerNamespace": True,
        "IngressClasses": None,
        "ResourceOverCommitPercentage": 20,
        "RestrictDefaultNamespace": False,
        "StorageClasses": None,
        "UseLoadBalancer": False,
        "UseServerMetrics": False,
    },
    "Flags": {
        "IsServerIngressClassDetected": False,
        "IsServerMetricsDetected": False,
        "IsServerStorageDetected": False,
    },
    "Snapshots": [],
}
_SECURITY: Row = {
    "allowBindMountsForRegularUsers": True,
    "allowContainerCapabilitiesForRegularUsers": True,
    "allowDeviceMappingForRegularUsers": True,
    "allowHostNamespaceForRegularUsers": True,
    "allowPrivilegedModeForRegularUsers": True,
    "allowStackManagementForRegularUsers": True,
    "allowSysctlSettingForRegularUsers": False,
    "allowVolumeBrowserForRegularUsers": False,
    "enableHostManagementFeatures": False,
}


def environment_row(environment: Environment, snapshot: Row | None) -> Row:
    """As `GET /api/endpoints` shows it."""
    return {
        "Id": environment.number,
        "Name": environment.name,
        "Type": environment.kind,
        "ContainerEngine": "docker" if environment.kind in (DOCKER, AGENT, EDGE) else "",
        "URL": environment.url,
        "GroupId": 1,
        "PublicURL": "",
        "Gpus": [],
        "TLSConfig": {"TLS": False, "TLSSkipVerify": False},
        "AzureCredentials": {"ApplicationID": "", "TenantID": "", "AuthenticationKey": ""},
        "TagIds": [],
        "Status": environment.status,
        "Snapshots": [snapshot] if snapshot else [],
        "UserAccessPolicies": {},
        "TeamAccessPolicies": {},
        "EdgeKey": "",
        "EdgeCheckinInterval": 0,
        "Kubernetes": _KUBERNETES,
        "ComposeSyntaxMaxVersion": "3.9",
        "SecuritySettings": _SECURITY,
        "LastCheckInDate": 0,
        "QueryDate": 0,
        "Heartbeat": False,
        "PostInitMigrations": {"MigrateIngresses": True, "MigrateGPUs": True},
        "Edge": {"AsyncMode": False, "PingInterval": 0, "SnapshotInterval": 0, "CommandInterval": 0},
        "Agent": {"Version": ""},
        "EnableGPUManagement": False,
        "AuthorizedUsers": None,
        "AuthorizedTeams": None,
        "Tags": None,
    }
