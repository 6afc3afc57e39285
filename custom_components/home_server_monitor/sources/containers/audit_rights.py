"""What a container may do on its host: privileges, capabilities, namespaces, and what was switched off."""

from collections.abc import Iterator
import re

from .audit_case import Check, Fix, Grade, Subject
from .raw import table, text, words

# with one of these a container can leave itself
_DANGEROUS = {"ALL", "BPF", "DAC_READ_SEARCH", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO"}
# what the engine gives to every container
_USUAL = {
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
}
_MAKES_NETWORKS = re.compile(
    r"gluetun|.*wireguard.*|wg-easy|tailscale|zerotier.*|.*openvpn.*|headscale|pihole|adguardhome|crowdsec-.*bouncer.*"
    r"|netdata|keepalived|dnsmasq"
)
_OF_NETWORKS = {"NET_ADMIN", "NET_RAW", "SYS_MODULE", "SYS_NICE"}
_ROOT_LIKE = ("unconfined", "disable")


def privileged(subject: Subject) -> Iterator[Check]:
    """It may do all that root may do on the host."""
    if subject.privileged:
        yield Check("privileged", "5.5", Grade.CRITICAL, fix=Fix(take_out=("privileged: true",)))


def capabilities(subject: Subject) -> Iterator[Check]:
    """Rights of root that were added one by one, and the usual ones that were kept."""
    if subject.privileged:
        return
    added = {each.upper().removeprefix("CAP_") for each in words(subject.host.get("CapAdd"))}
    dropped = {each.upper().removeprefix("CAP_") for each in words(subject.host.get("CapDrop"))}
    expected = subject.is_one_of(_MAKES_NETWORKS)
    known = added & _OF_NETWORKS if expected else set()
    for found, grade in (
        (added & _DANGEROUS - known, Grade.HIGH),
        (added - _DANGEROUS - _USUAL - known, Grade.MEDIUM),
        (known, Grade.INFO),
    ):
        if found:
            names = sorted(found)
            lines = ("cap_add:", *(f"  - {each}" for each in names))
            key = "capability_dangerous" if grade is Grade.HIGH else "capability_added"
            yield Check(
                key,
                "5.4",
                grade,
                {"capabilities": ", ".join(names)},
                Fix(take_out=lines),
                expected=grade is Grade.INFO,
            )
    if "ALL" not in dropped:
        yield Check("capabilities_kept", "5.4", Grade.INFO, fix=Fix(put_in=("cap_drop:", "  - ALL")))


def profiles(subject: Subject) -> Iterator[Check]:
    """The kernel's own fences: AppArmor, SELinux and seccomp, where they were switched off."""
    if subject.privileged:
        return
    if subject.engine_has("apparmor"):
        option = subject.security_option("apparmor")
        ran = text(table(subject.inspect.get("State")).get("StartedAt")) > "0001-01-02"
        if option == "unconfined":
            lines = ("security_opt:", "  - apparmor=unconfined")
            yield Check("apparmor_off", "5.2", Grade.HIGH, fix=Fix(take_out=lines))
        # the engine writes it down when it starts the container
        elif ran and not option and text(subject.inspect.get("AppArmorProfile")) in ("", "unconfined"):
            yield Check("apparmor_missing", "5.2", Grade.MEDIUM)
    if subject.engine_has("selinux") and subject.security_option("label") == "disable":
        lines = ("security_opt:", "  - label=disable")
        yield Check("selinux_off", "5.3", Grade.MEDIUM, fix=Fix(take_out=lines))
    if subject.security_option("seccomp") == "unconfined":
        lines = ("security_opt:", "  - seccomp=unconfined")
        yield Check("seccomp_off", "5.22", Grade.HIGH, fix=Fix(take_out=lines))


def new_privileges(subject: Subject) -> Iterator[Check]:
    """A program in it may become root by a file that makes whoever runs it root."""
    own = subject.security_option("no-new-privileges")
    if own in ("", "true") or subject.engine_has("no-new-privileges"):
        return
    lines = ("security_opt:", "  - no-new-privileges:true")
    yield Check("new_privileges", "5.26", Grade.MEDIUM, fix=Fix(put_in=lines))


def namespaces(subject: Subject) -> Iterator[Check]:
    """What it shares with the host instead of having its own."""
    host = subject.host
    if host.get("PidMode") == "host":
        yield Check("host_processes", "5.16", Grade.HIGH, fix=Fix(take_out=("pid: host",)))
    if host.get("IpcMode") == "host":
        yield Check("host_memory", "5.17", Grade.MEDIUM, fix=Fix(take_out=("ipc: host",)))
    elif host.get("IpcMode") == "shareable":
        lines = Fix(take_out=("ipc: shareable",), put_in=("ipc: private",))
        yield Check("shared_memory", "5.17", Grade.LOW, fix=lines)
    if host.get("UTSMode") == "host":
        yield Check("host_name", "5.21", Grade.LOW, fix=Fix(take_out=("uts: host",)))
    # without user namespaces on the engine it says nothing
    if host.get("UsernsMode") == "host" and subject.engine_has("userns"):
        yield Check("host_users", "5.31", Grade.MEDIUM, fix=Fix(take_out=("userns_mode: host",)))
    if parent := text(host.get("CgroupParent")):
        yield Check(
            "cgroup_parent",
            "5.25",
            Grade.LOW,
            {"parent": parent},
            Fix(take_out=(f"cgroup_parent: {parent}",)),
        )


def kernel(subject: Subject) -> Iterator[Check]:
    """Settings of the kernel that were changed for it."""
    host = subject.host
    if settings := sorted(table(host.get("Sysctls"))):
        yield Check("sysctls", "", Grade.LOW, {"settings": ", ".join(settings)})
    if host.get("OomKillDisable") is True:
        lines = ("oom_kill_disable: true",)
        yield Check("never_out_of_memory", "", Grade.MEDIUM, fix=Fix(take_out=lines))
    score = host.get("OomScoreAdj")
    if isinstance(score, int) and score < 0:
        lines = (f"oom_score_adj: {score}",)
        yield Check("last_out_of_memory", "", Grade.LOW, {"score": str(score)}, Fix(take_out=lines))


RULES = (privileged, capabilities, profiles, new_privileges, namespaces, kernel)
