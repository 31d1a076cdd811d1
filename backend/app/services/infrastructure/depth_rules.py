"""Rules about pressure, memory, tables, links, heat and updates: levels of experts, with source."""

from app.models.core.alert import Severity
from app.schemas.core.alert_rule import (
    Aggregation,
    Composite,
    LabelMatcher,
    Match,
    Operator,
    RateOfChange,
    Threshold,
    Timing,
)
from app.services.core.alerts.builtin import BuiltInRule

_DOMAIN = "infrastructure"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_ALERTS = "awesome-prometheus-alerts"
_MIXIN = "node_exporter's node-mixin"


def _pressure(
    resource: str, *, name: str, levels: tuple[float, float], words: tuple[str, str], fix: str,
    source: str,
) -> BuiltInRule:  # fmt: skip
    raised, cleared = levels
    what, message = words
    return BuiltInRule(
        key=f"pressure_{resource}",
        name=name,
        domain=_DOMAIN,
        severity=Severity.WARNING,
        # The kernel's own average of five minutes, which is as long as a round.
        definition=Threshold(
            metric=f"unity_pressure_{resource}_percent",
            raise_level=raised,
            clear_level=cleared,
            unit="percent",
        ),
        timing=Timing(for_seconds=10 * _MINUTE),
        title=f"{{name}}: programs wait for {what}",
        over=f"{{name}}: programs hardly wait for {what} any more",
        message=message,
        fix=fix,
        runbook="pressure",
        source=source,
    )


def _drops(direction: str, *, names: tuple[str, str, str], source: str) -> BuiltInRule:
    name, does, does_no_more = names
    return BuiltInRule(
        key=f"network_{direction}_drops",
        name=name,
        domain=_DOMAIN,
        severity=Severity.WARNING,
        definition=Threshold(
            metric=f"unity_network_{direction}_drop_percent",
            # On the air it is usual to lose some.
            labels=[LabelMatcher(label="device", match=Match.NOT_LIKE, value="wl*")],
            operator=Operator.AT_LEAST,
            raise_level=2,
            clear_level=1,
            unit="percent",
        ),
        # Two windows of ten minutes: one burst is no fault.
        timing=Timing(for_seconds=10 * _MINUTE),
        title=f"{{name}}: {{subject}} {does}",
        over=f"{{name}}: {{subject}} {does_no_more}",
        message="Over ten minutes {subject} dropped {value} of its packets.",
        fix="See which counter grows: `ip -s -s link show {subject}`,"
        " `ethtool -S {subject} | grep -iE 'drop|miss|fifo'`.",
        runbook="network-drops",
        source=source,
    )


def _throttles(metric: str) -> Threshold:
    """Once a minute."""
    return Threshold(
        metric=metric,
        operator=Operator.AT_LEAST,
        raise_level=round(1 / _MINUTE, 5),
        unit="per second",
        aggregation=Aggregation.AVERAGE,
        window_seconds=10 * _MINUTE,
    )


def _open_files(
    key: str, *, name: str, severity: Severity, levels: tuple[float, float], words: tuple[str, str]
) -> BuiltInRule:
    (raised, cleared), (title, over) = levels, words
    return BuiltInRule(
        key=key,
        name=name,
        domain=_DOMAIN,
        severity=severity,
        definition=Threshold(
            metric="unity_open_files_used_percent",
            raise_level=raised,
            clear_level=cleared,
            unit="percent",
        ),
        timing=Timing(for_seconds=15 * _MINUTE),
        title=f"{{name}}: {title}",
        over=f"{{name}}: {over}",
        message="Of the files that the kernel lets all programs together have open, {value} are.",
        fix="See which processes have most: `sudo find /proc/[0-9]*/fd -type l 2>/dev/null |"
        " cut -d/ -f3 | sort | uniq -c | sort -n | tail`.",
        runbook="open-files",
        source=f"{_MIXIN}: NodeFileDescriptorLimit, {raised:.0f} % for 15 minutes; cleared at"
        f" {cleared:.0f} %",
    )


DEPTH_RULES: tuple[BuiltInRule, ...] = (
    _pressure(
        "cpu",
        name="Programs wait for the processor",
        levels=(80, 60),
        words=(
            "the processor",
            "In {value} of five minutes some program was ready and had no processor.",
        ),
        fix="See what runs: `ps -eo pid,pcpu,user,comm --sort=-pcpu | head`.",
        source="a published rule warns at 90 % of single moments (HostHighCpuWaitingTime);"
        " 80 % of five minutes is as bad for longer",
    ),
    _pressure(
        "memory",
        name="All programs wait for memory",
        levels=(10, 5),
        words=(
            "memory",
            "In {value} of five minutes nothing ran, because memory was being made free.",
        ),
        fix="See what uses it: `ps -eo pid,rss,user,comm --sort=-rss | head`; and what swaps:"
        " `vmstat 1 5`.",
        source="systemd-oomd ends programs at 60 % of 30 s; a tenth of five minutes is the time"
        " to look",
    ),
    _pressure(
        "io",
        name="All programs wait for disks",
        levels=(40, 20),
        words=("disks", "In {value} of five minutes nothing ran, because all waited for disks."),
        fix="See which disk is slow: `iostat -x 5 2`; and what waits: `ps -eo state,pid,comm"
        " | grep ^D`.",
        source="netdata, health.d/cpu.conf: 10min_cpu_iowait, 40 %, cleared at 20 %",
    ),
    BuiltInRule(
        key="oom_kill",
        name="A program was ended for want of memory",
        domain=_DOMAIN,
        severity=Severity.WARNING,
        definition=Threshold(
            metric="node_vmstat_oom_kill",
            raise_level=0,
            unit="per second",
            aggregation=Aggregation.GREATEST,
            window_seconds=30 * _MINUTE,
        ),
        title="{name}: a program was ended for want of memory",
        over="{name}: no program was ended for want of memory for half an hour",
        message="The kernel ended at least one program, as no memory was left.",
        fix="See which: `journalctl -k --since -1h --grep 'Killed process'`.",
        runbook="oom-kill",
        source="netdata, health.d/ram.conf: oom_kill, more than 0 in 30 minutes",
    ),
    _open_files(
        "open_files_many",
        name="Most of the files that may be open are",
        severity=Severity.WARNING,
        levels=(70, 60),
        words=("very many files are open", "fewer files are open"),
    ),
    _open_files(
        "open_files_last",
        name="Soon no more files can be opened",
        severity=Severity.CRITICAL,
        levels=(90, 80),
        words=("soon no more files can be opened", "files can be opened again"),
    ),
    BuiltInRule(
        key="conntrack_full",
        name="The table of connections is nearly full",
        domain=_DOMAIN,
        severity=Severity.WARNING,
        definition=Threshold(
            metric="unity_conntrack_used_percent", raise_level=75, clear_level=65, unit="percent"
        ),
        timing=Timing(for_seconds=5 * _MINUTE),
        title="{name}: the table of connections is nearly full",
        over="{name}: the table of connections has room",
        message="{value} of the connections that the kernel can track are in it; when it is full,"
        " new ones are refused without a word.",
        fix="See where they come from: `sudo conntrack -L 2>/dev/null |"
        " sed -n 's/^[^=]*src=\\([^ ]*\\) .*/\\1/p' | sort | uniq -c | sort -rn | head`.",
        runbook="conntrack-full",
        source=f"{_MIXIN}: NodeHighNumberConntrackEntriesUsed, 75 %; cleared at 65 %",
    ),
    BuiltInRule(
        key="memory_corrected_errors",
        name="Memory errors are being corrected",
        domain=_DOMAIN,
        severity=Severity.WARNING,
        definition=Threshold(
            metric="node_edac_correctable_errors_total",
            raise_level=0,
            unit="per second",
            aggregation=Aggregation.GREATEST,
            window_seconds=_HOUR,
        ),
        title="{name}: its memory has errors (controller {subject})",
        over="{name}: no memory errors for an hour (controller {subject})",
        message="Errors were found and corrected within the last hour; nothing is damaged yet.",
        fix="Find the module: `grep -H . /sys/devices/system/edac/mc/mc*/dimm*/dimm_*`.",
        runbook="memory-errors",
        source="netdata, health.d/memory.conf: ecc_memory_mc_correctable, more than 0",
    ),
    BuiltInRule(
        key="cpu_throttled",
        name="The processor is slowed by heat",
        domain=_DOMAIN,
        severity=Severity.WARNING,
        # Older processors count by core only, and in newer ones a core may be too hot alone.
        definition=Composite(
            join="any",
            parts=[
                _throttles("node_cpu_package_throttles_total"),
                _throttles("unity_cpu_worst_core_throttles_total"),
            ],
        ),
        timing=Timing(for_seconds=10 * _MINUTE),
        title="{name}: the processor is slowed by heat",
        over="{name}: the processor runs at full speed again",
        message="A core or the whole processor was too hot, and made slower, at least once a"
        " minute.",
        fix="Look at fans, dust and the room: `sensors`; and what runs: `top -b -n 1 | head`.",
        runbook="cpu-throttled",
        source="Unity's own: the kernel logs a throttled processor once in five minutes; once"
        " a minute is lasting",
    ),
    _drops(
        "receive",
        names=(
            "A network interface drops what it receives",
            "drops packets that it receives",
            "takes what it receives",
        ),
        source="netdata, health.d/net.conf: inbound_packets_dropped_ratio, 2 % of 10 minutes with"
        " 10,000 packets; cleared at 1 %",
    ),
    _drops(
        "transmit",
        names=(
            "A network interface drops what it should send",
            "drops packets that it should send",
            "sends what it should",
        ),
        source="netdata, health.d/net.conf: outbound_packets_dropped_ratio, 2 % of 10 minutes; as"
        " inbound with 10,000 packets; cleared at 1 %",
    ),
    BuiltInRule(
        key="network_link_flaps",
        name="A network link comes and goes",
        domain=_DOMAIN,
        severity=Severity.WARNING,
        definition=Threshold(
            metric="node_network_carrier_changes_total",
            operator=Operator.AT_LEAST,
            # A cable that is pulled and put in counts two, a switch that restarts as many.
            raise_level=round(4 / (15 * _MINUTE), 5),
            unit="per second",
            aggregation=Aggregation.AVERAGE,
            window_seconds=15 * _MINUTE,
        ),
        title="{name}: the link of {subject} comes and goes",
        over="{name}: the link of {subject} is steady",
        message="The link of {subject} went and came back at least twice within 15 minutes.",
        fix="See when: `journalctl -k --since -1h --grep {subject}`; then change cable or port.",
        runbook="network-link",
        source="kube-prometheus: NodeNetworkInterfaceFlapping, more than 2 changes in 2 minutes",
    ),
    BuiltInRule(
        key="network_link_slower",
        name="A network link is slower than before",
        domain=_DOMAIN,
        severity=Severity.WARNING,
        definition=RateOfChange(
            metric="node_network_speed_bytes",
            operator=Operator.AT_MOST,
            raise_level=-50,
            clear_level=-10,
            unit="percent",
            window_seconds=_DAY,
            per_seconds=_DAY,
            in_percent=True,
        ),
        title="{name}: the link of {subject} is slower than before",
        over="{name}: the link of {subject} keeps its speed",
        message="Within a day {subject} has lost half of its speed or more.",
        fix="See what was agreed: `ethtool {subject}`; a damaged pair of wires makes 100 of 1000"
        " Mbit/s.",
        runbook="network-link",
        source="Ethernet: 1000BASE-T needs four pairs, with two of them 100 Mbit/s are agreed",
    ),
    BuiltInRule(
        key="security_updates",
        name="Security updates wait",
        domain=_DOMAIN,
        severity=Severity.INFO,
        definition=Threshold(metric="unity_package_security_updates_pending", raise_level=0),
        timing=Timing(for_seconds=2 * _DAY),
        title="{name}: security updates wait",
        over="{name}: no security update waits",
        message="Security updates that wait for two days: {value}.",
        fix="Install them: `sudo apt-get update && sudo apt-get upgrade`, or"
        " `sudo dnf upgrade --security`.",
        runbook="security-updates",
        source="Debian's unattended-upgrades installs them daily; two days is twice that",
    ),
    BuiltInRule(
        key="reboot_required",
        name="A machine waits for a reboot",
        domain=_DOMAIN,
        severity=Severity.INFO,
        definition=Threshold(metric="node_reboot_required", raise_level=0),
        timing=Timing(for_seconds=4 * _HOUR),
        title="{name} waits for a reboot",
        over="{name} waits for no reboot",
        message="Installed updates only work after a reboot.",
        fix="See what asks for it: `cat /var/run/reboot-required.pkgs`; then `sudo systemctl"
        " reboot`, when it may be down.",
        runbook="reboot-required",
        source=f"{_ALERTS}: HostRequiresReboot, for 4 hours",
    ),
)
