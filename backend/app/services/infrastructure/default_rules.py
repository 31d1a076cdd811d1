"""Rules about a machine that are on from the first minute: experts' levels, each with its source.

Where experts have a warning and a critical level, the warning counts here, and a rule of its own
says critical only where somebody should get up for it. Levels "a, cleared at b" keep a value on
the edge from alarming again and again.
"""

from app.models.core.alert import Severity
from app.schemas.core.alert_rule import (
    Aggregation,
    Composite,
    Forecast,
    LabelMatcher,
    Operator,
    Threshold,
    Timing,
)
from app.services.core.alerts.builtin import BuiltInRule

DOMAIN = "infrastructure"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_NETDATA = "netdata, health.d/"
_MIXIN = "node_exporter's node-mixin"


def _cpu(mode: str, *, raised: float, clear: float, minutes: int) -> Threshold:
    """Average a mode; a machine that was just entered has few samples, so rules wait besides."""
    return Threshold(
        metric="unity_cpu_percent_seconds_total",
        labels=[LabelMatcher(label="mode", value=mode)],
        raise_level=raised,
        clear_level=clear,
        unit="percent",
        aggregation=Aggregation.AVERAGE,
        window_seconds=minutes * _MINUTE,
    )


def _percent(metric: str, *, raised: float, clear: float) -> Threshold:
    return Threshold(metric=metric, raise_level=raised, clear_level=clear, unit="percent")


def _errors(direction: str) -> Threshold:
    """Five errors in ten minutes, as a rate."""
    return Threshold(
        metric=f"node_network_{direction}_errs_total",
        operator=Operator.AT_LEAST,
        raise_level=round(5 / (10 * _MINUTE), 5),
        unit="per second",
        aggregation=Aggregation.AVERAGE,
        window_seconds=10 * _MINUTE,
    )


def _offset(operator: Operator, level: float) -> Threshold:
    return Threshold(
        metric="node_timex_offset_seconds", operator=operator, raise_level=level, unit="s"
    )


HOST_RULES: tuple[BuiltInRule, ...] = (
    BuiltInRule(
        key="cpu_busy",
        name="The processor is busy for long",
        domain=DOMAIN,
        severity=Severity.WARNING,
        definition=_cpu("busy", raised=85, clear=75, minutes=10),
        timing=Timing(for_seconds=5 * _MINUTE),
        title="{name}: the processor is busy",
        over="{name}: the processor has room again",
        message="Over ten minutes the processor was {value} busy ({level} is much).",
        fix="See what uses it: `ps -eo pid,pcpu,user,comm --sort=-pcpu | head`.",
        runbook="cpu-busy",
        source=f"{_NETDATA}cpu.conf: 10min_cpu_usage, 85 %, cleared at 75 %",
    ),
    BuiltInRule(
        key="cpu_iowait",
        name="The processor waits for disks",
        domain=DOMAIN,
        severity=Severity.WARNING,
        definition=_cpu("iowait", raised=40, clear=20, minutes=10),
        timing=Timing(for_seconds=5 * _MINUTE),
        title="{name}: the processor waits for disks",
        over="{name}: the processor no longer waits for disks",
        message="Over ten minutes the processor waited {value} of its time for disks.",
        fix="See which disk is slow: `iostat -x 5 2`; and what waits: `ps -eo state,pid,comm"
        " | grep ^D`.",
        runbook="cpu-iowait",
        source=f"{_NETDATA}cpu.conf: 10min_cpu_iowait, 40 %, cleared at 20 %",
    ),
    BuiltInRule(
        key="cpu_steal",
        name="The host takes processor time away",
        domain=DOMAIN,
        severity=Severity.WARNING,
        definition=_cpu("steal", raised=10, clear=5, minutes=20),
        timing=Timing(for_seconds=10 * _MINUTE),
        title="{name}: its host takes processor time away",
        over="{name}: its host leaves it the processor again",
        message="Over twenty minutes the machine wanted to run and was not let, {value} of the"
        " time.",
        fix="The machine below has too much to do: move a guest away, or ask who runs it.",
        runbook="cpu-steal",
        source=f"{_NETDATA}cpu.conf: 20min_steal_cpu, 10 %, cleared at 5 %",
    ),
    BuiltInRule(
        key="load_high",
        name="More wants to run than can",
        domain=DOMAIN,
        severity=Severity.WARNING,
        definition=_percent("unity_load15_percent", raised=200, clear=175),
        title="{name}: more wants to run than can",
        over="{name}: the load is normal again",
        message="The load over fifteen minutes is {value} of the processors.",
        fix="See what runs and what waits: `ps -eo state,pid,pcpu,comm | grep '^[RD]'`.",
        runbook="load-high",
        source=f"{_NETDATA}load.conf: load_average_15, 200 % of the cores, cleared at 175 %",
    ),
    BuiltInRule(
        key="memory_full",
        name="Memory is nearly full",
        domain=DOMAIN,
        severity=Severity.WARNING,
        definition=_percent("unity_memory_used_percent", raised=90, clear=80),
        timing=Timing(for_seconds=5 * _MINUTE),
        title="{name}: memory is nearly full",
        over="{name}: memory has room",
        message="{value} of the memory is in use and cannot be given back.",
        fix="See what uses it: `ps -eo pid,rss,user,comm --sort=-rss | head`.",
        runbook="memory-full",
        source=f"{_NETDATA}ram.conf: ram_in_use, 90 %, cleared at 80 %",
    ),
    BuiltInRule(
        key="swap_full",
        name="Swap is nearly full",
        domain=DOMAIN,
        severity=Severity.WARNING,
        definition=_percent("unity_swap_used_percent", raised=90, clear=80),
        timing=Timing(for_seconds=5 * _MINUTE),
        title="{name}: swap is nearly full",
        over="{name}: swap has room",
        message="{value} of the swap is in use; when it is full, the kernel ends processes.",
        fix="See what was swapped out: `grep -H VmSwap /proc/[0-9]*/status | sort -k2 -n | tail`.",
        runbook="swap-full",
        source=f"{_NETDATA}swap.conf: used_swap, 90 %, cleared at 80 %",
    ),
    BuiltInRule(
        key="filesystem_last_room",
        name="A file system has no room left",
        domain=DOMAIN,
        severity=Severity.CRITICAL,
        # Of more than 250 GiB only the last 5 count as if they were two percent.
        definition=_percent("unity_filesystem_last_room_percent", raised=98, clear=95),
        title="{name}: {subject} has no room left",
        over="{name}: {subject} has a little room again",
        message="{subject} has hardly any room left; programs fail when they cannot write.",
        fix="Make room now: `du -xh --max-depth=2 {subject} | sort -h | tail`,"
        " `journalctl --vacuum-size=200M`.",
        runbook="filesystem-full",
        source=f"{_NETDATA}disks.conf: disk_space_usage, critical at 98 % with less than 5 GiB"
        " left; cleared at 95 %, or with 12.5 GiB",
    ),
    BuiltInRule(
        key="filesystem_inodes",
        name="A file system runs out of inodes",
        domain=DOMAIN,
        severity=Severity.WARNING,
        definition=_percent("unity_filesystem_inodes_used_percent", raised=90, clear=80),
        title="{name}: {subject} runs out of inodes",
        over="{name}: {subject} has inodes again",
        message="{value} of the inodes of {subject} are in use: no more files can be made, though"
        " there is room.",
        fix="Find the folder with very many files: `du --inodes -x {subject} | sort -n | tail`.",
        runbook="filesystem-inodes",
        source=f"{_NETDATA}disks.conf: disk_inode_usage, 90 %, cleared at 80 %",
    ),
    BuiltInRule(
        key="filesystem_last_inodes",
        name="A file system has no inodes left",
        domain=DOMAIN,
        severity=Severity.CRITICAL,
        definition=_percent("unity_filesystem_inodes_used_percent", raised=98, clear=95),
        title="{name}: {subject} has no inodes left",
        over="{name}: {subject} has a few inodes again",
        message="{value} of the inodes of {subject} are in use: soon no file can be made, though"
        " there is room.",
        fix="Find the folder with very many files: `du --inodes -x {subject} | sort -n | tail`.",
        runbook="filesystem-inodes",
        source=f"{_NETDATA}disks.conf: disk_inode_usage, critical at 98 %; cleared at 95 %",
    ),
    BuiltInRule(
        key="filesystem_fills",
        name="A file system will be full in a day",
        domain=DOMAIN,
        severity=Severity.WARNING,
        definition=Forecast(
            metric="unity_filesystem_used_percent",
            level=100,
            unit="percent",
            within_seconds=_DAY,
            window_seconds=3 * _DAY,
        ),
        timing=Timing(for_seconds=_HOUR),
        title="{name}: {subject} will soon be full",
        over="{name}: {subject} no longer fills up",
        message="{subject} will be full in {value} if it goes on like this.",
        fix="See what grows: `du -xh --max-depth=2 {subject} | sort -h | tail`.",
        runbook="filesystem-fills",
        source=f"{_MIXIN}: NodeFilesystemSpaceFillingUp, within 24 h, for 1 h",
    ),
    BuiltInRule(
        key="disk_busy",
        name="A disk is busy all the time",
        domain=DOMAIN,
        severity=Severity.WARNING,
        definition=Threshold(
            metric="unity_disk_busy_percent_seconds_total",
            operator=Operator.AT_LEAST,
            raise_level=98,
            clear_level=90,
            unit="percent",
            aggregation=Aggregation.AVERAGE,
            window_seconds=10 * _MINUTE,
        ),
        timing=Timing(for_seconds=10 * _MINUTE),
        title="{name}: {subject} is busy all the time",
        over="{name}: {subject} has room again",
        message="Over ten minutes {subject} was busy {value} of the time.",
        fix="See what reads and writes: `pidstat -d 5 2` or `iotop -o`.",
        runbook="disk-busy",
        source=f"{_NETDATA}disks.conf: 10min_disk_utilization, 98 %",
    ),
    BuiltInRule(
        key="network_receive_errors",
        name="A network interface receives damaged packets",
        domain=DOMAIN,
        severity=Severity.WARNING,
        definition=_errors("receive"),
        timing=Timing(for_seconds=5 * _MINUTE),
        title="{name}: {subject} receives damaged packets",
        over="{name}: {subject} receives well again",
        message="{subject} counted five or more errors within ten minutes.",
        fix="Look at cable, port and speed: `ip -s -s link show {subject}`, `ethtool {subject}`.",
        runbook="network-errors",
        source=f"{_NETDATA}net.conf: interface_inbound_errors, 5 in 10 minutes",
    ),
    BuiltInRule(
        key="network_transmit_errors",
        name="A network interface cannot send packets",
        domain=DOMAIN,
        severity=Severity.WARNING,
        definition=_errors("transmit"),
        timing=Timing(for_seconds=5 * _MINUTE),
        title="{name}: {subject} cannot send packets",
        over="{name}: {subject} sends well again",
        message="{subject} counted five or more errors within ten minutes.",
        fix="Look at cable, port and speed: `ip -s -s link show {subject}`, `ethtool {subject}`.",
        runbook="network-errors",
        source=f"{_NETDATA}net.conf: interface_outbound_errors, 5 in 10 minutes",
    ),
    BuiltInRule(
        key="clock_unsynchronised",
        name="A clock is not synchronised",
        domain=DOMAIN,
        severity=Severity.WARNING,
        definition=Threshold(
            metric="node_timex_sync_status", operator=Operator.EQUAL, raise_level=0
        ),
        timing=Timing(for_seconds=17 * _MINUTE),
        title="{name}: its clock is not synchronised",
        over="{name}: its clock is synchronised",
        message="No time server has set the clock for 17 minutes.",
        fix="See why: `timedatectl timesync-status` or `chronyc tracking`.",
        runbook="clock-unsynchronised",
        source=f"{_NETDATA}timex.conf: system_clock_sync_state, after 17 minutes",
    ),
    BuiltInRule(
        key="clock_offset",
        name="A clock is wrong",
        domain=DOMAIN,
        severity=Severity.WARNING,
        definition=Composite(
            join="any",
            parts=[_offset(Operator.ABOVE, 0.05), _offset(Operator.BELOW, -0.05)],
        ),
        timing=Timing(for_seconds=10 * _MINUTE),
        title="{name}: its clock is wrong",
        over="{name}: its clock is right",
        fix="See how far and why: `chronyc tracking` or `timedatectl timesync-status`.",
        runbook="clock-offset",
        source=f"{_MIXIN}: NodeClockSkewDetected, 50 ms for 10 minutes",
    ),
)
