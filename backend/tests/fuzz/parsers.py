"""The parsers that are fuzzed, each as a function of a text, with texts to begin from."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from app.ports.database_driver import Answer
from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import Absent, Fact, NoRight, Unparsable
from app.services.infrastructure.databases import minio, redis
from app.services.infrastructure.databases.answers import Answers
from app.services.infrastructure.facts.block_devices import read_lsblk
from app.services.infrastructure.facts.btrfs_status import (
    read_balance,
    read_devices,
    read_scrub,
)
from app.services.infrastructure.facts.kernel_log import read_events
from app.services.infrastructure.facts.md.mdadm import read_mdadm
from app.services.infrastructure.facts.smart import answer
from app.services.infrastructure.facts.smart.mmc_health import read_mmc
from app.services.infrastructure.facts.smart.scan import read_scan
from app.services.infrastructure.facts.table import FACTS
from app.services.infrastructure.facts.timers import read_timers
from app.services.infrastructure.facts.zfs.datasets import read_datasets
from app.services.infrastructure.pools.datasets import judge_datasets, keep
from app.services.infrastructure.pools.scrubs import refusal_of
from app.services.infrastructure.storage.self_tests import SelfTestRefused, read_start
from app.services.infrastructure.storage.verdicts import judge_drive
from tests.corpora.moments import NOW
from tests.facts.corpus import cases
from tests.services.infrastructure.storage import reports

_INFO = """# Server
redis_version:7.0.15
role:master
maxmemory:0
used_memory:881984
slave0:ip=10.0.0.2,port=6379,state=online,lag=0
db0:keys=3,expires=1,avg_ttl=0
"""
_METRICS = """# TYPE minio_node_drive_total_bytes gauge
minio_node_drive_total_bytes{drive="/a",server="b:9000"} 1.5e+09
minio_bucket_usage_total_bytes{bucket="c",server="b:9000"} 12
"""
_MMC = """/sys/block/mmcblk0/device/life_time:0x01 0x0b
/sys/block/mmcblk0/device/pre_eol_info:0x02
"""


@dataclass(frozen=True)
class Target:
    """One parser; whatever it is given, it raises nothing but `Unparsable`."""

    parse: Callable[[str], object]
    seeds: tuple[str, ...]


def _mmc_verdicts(text: str) -> object:
    return [judge_drive(one, NOW) for one in read_mmc(text).values()]


def _verdict(text: str) -> object:
    return judge_drive(answer.parse(text), NOW)


def _nvme(text: str) -> object:
    argv = ("nvme", "smart-log")
    return judge_drive(answer.read_drive(CommandResult(argv, Outcome.RAN, 0, text, "")), NOW)


def _datasets(text: str) -> object:
    shown = read_datasets(CommandResult(("zfs", "list"), Outcome.RAN, 0, text, "")) or []
    return list(judge_datasets("tank", keep(shown, [], NOW)))


def _timers(text: str) -> object:
    try:
        return read_timers(text, frozenset({"a.service"}), 1_795_435_200.0, 1_795_400_000.0)
    except (KeyError, ValueError) as error:  # which the fact calls unparsable
        raise Unparsable("timers") from error


def _nvme_log(text: str) -> object:
    argv = ("nvme", "self-test-log")
    return answer.read_nvme_log(CommandResult(argv, Outcome.RAN, 0, text, ""))


def _started(text: str) -> object:
    """Read what smartctl says when it is to start a test, and what a pool says of its scrub."""
    refusal_of(CommandResult(("zpool", "scrub"), Outcome.RAN, 1, "", text), "The scrub")
    try:
        return read_start(CommandResult(("smartctl", "-t"), Outcome.RAN, 0, text, ""))
    except SelfTestRefused as error:
        raise Unparsable("self-test", error.detail) from error


def _redis(text: str) -> object:
    return redis.read(Answers([Answer("info", text=text)]))


def _minio(text: str) -> object:
    return minio.read(Answers([Answer(key, text=text) for key in ("metrics", "node", "buckets")]))


def _of_fact(fact: Fact[BaseModel]) -> Callable[[str], object]:
    """Return a parser that is given the noise as the answer to each of a fact's commands."""

    def parse(text: str) -> object:
        return fact.parse(
            tuple(CommandResult(one.argv, Outcome.RAN, 0, text, "") for one in fact.commands)
        )

    return parse


def _facts() -> Mapping[str, Target]:
    known = cases()
    return {
        fact.name: Target(
            _of_fact(fact),
            tuple(
                result.stdout
                for case in known
                if case.fact is fact
                for result in case.results
                if result.stdout
            ),
        )
        for fact in FACTS
    }


def _outputs(fact: str) -> tuple[str, ...]:
    """Return what the first command of a fact answered in its recordings."""
    return tuple(case.results[0].stdout[-2000:] for case in cases() if case.fact.name == fact)


def targets() -> dict[str, Target]:
    """Return all parsers by name."""
    documents = (reports.ata(), reports.nvme(), reports.scsi())
    smart = tuple(json.dumps(one) for one in documents)
    return {
        "smartctl": Target(answer.parse, smart),
        "smartctl_text": Target(answer.parse, (reports.ATA_TEXT, reports.SAS_TEXT)),
        "drive_verdict": Target(_verdict, smart),
        "nvme": Target(_nvme, ('{"critical_warning": 0, "temperature": 310}',)),
        "nvme_log": Target(_nvme_log, ('{"List of Valid Reports": [{"Self test result": 7}]}',)),
        "smart_scan": Target(read_scan, ("/dev/sda -d sat # x\n", '{"devices": []}')),
        "mmc": Target(_mmc_verdicts, (_MMC,)),
        "mdadm": Target(read_mdadm, ("/dev/md0:\n  Version : 1.2\n  State : clean\n",)),
        "btrfs_scrub": Target(read_scrub, ("Status:  finished\n\tread_errors: 0\n",)),
        "btrfs_balance": Target(
            read_balance, ("Balance on '/a' is running\n3 out of about 12 chunks balanced\n",)
        ),
        "btrfs_devices": Target(read_devices, ("/dev/sda, ID: 1\n   Unallocated: 1\n",)),
        "zfs_datasets": Target(
            _datasets,
            ("tank\t1\t2\t3\t0\t0\t4\n== snapshots ==\ntank\t2\t5\t9,5\n== end ==\n",),
        ),
        "lsblk": Target(read_lsblk, ('NAME="sda" TYPE="disk"\n', "NAME SIZE\nsda 1G\n")),
        # Their facts read times besides, which noise hardly ever has.
        "kernel_events": Target(
            lambda text: read_events(text, 9000.0, 1_795_430_000), _outputs("kernel_log")
        ),
        "start_of_test": Target(
            _started, ("smartctl 7.3\n\n\nPlease wait 2 minutes for test to complete.\n",)
        ),
        "redis_info": Target(_redis, (_INFO,)),
        "minio_metrics": Target(_minio, (_METRICS,)),
        "timer_blocks": Target(_timers, _outputs("timers")),
        **_facts(),
    }


# A refusal, or that there is none, is no answer either; all are what a reader is to say.
ALLOWED = (Unparsable, NoRight, Absent)
