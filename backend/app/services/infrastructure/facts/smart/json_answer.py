"""smartctl's JSON (7.0 and newer) as a report."""

from app.services.infrastructure.facts.document import Node
from app.services.infrastructure.facts.smart import ata_json, nvme_json, scsi_json
from app.services.infrastructure.facts.smart.error_logs import logged_errors
from app.services.infrastructure.facts.smart.report import (
    Protocol,
    ReadState,
    SelfTest,
    SmartReport,
    Temperatures,
    clean_serial,
    clean_wwn,
    is_remark,
    told_temperature,
)

_PROTOCOLS = {"ata": Protocol.ATA, "nvme": Protocol.NVME, "scsi": Protocol.SCSI}
_MOST_MESSAGES = 10


def report_of(document: Node) -> SmartReport:
    """Read a document of smartctl; what is not in it stays empty."""
    protocol = _protocol(document)
    messages = _messages(document)
    nvme, scsi = nvme_json.health(document), scsi_json.health(document)
    model = document.at("model_name").word() or document.at("scsi_model_name").word()
    return SmartReport(
        state=ReadState.READ,
        tool_version=".".join(part.word() for part in document.at("smartctl", "version").items()),
        exit_status=document.at("smartctl", "exit_status").count(),
        device=document.at("device", "name").word(),
        device_type=document.at("device", "type").word(),
        protocol=protocol,
        model=model or _vendor_and_product(document),
        family=document.at("model_family").word(),
        serial=clean_serial(document.at("serial_number").word()),
        firmware=document.at("firmware_version").word()
        or document.at("scsi_revision").word()
        or document.at("revision").word(),
        wwn=_wwn(document),
        capacity_bytes=_capacity(document),
        logical_block_bytes=document.at("logical_block_size").count(),
        rotation_rpm=document.at("rotation_rate").count(),
        form_factor=document.at("form_factor", "name").word(),
        interface=_interface(document),
        is_in_database=document.at("in_smartctl_database").flag(),
        passed=document.at("smart_status", "passed").flag(),
        is_guessed=any(is_remark(message) for message in messages),
        temperature=_temperatures(document),
        power_on_hours=document.at("power_on_time", "hours").count()
        if document.has("power_on_time")
        else (nvme.power_on_hours if nvme else None),
        power_cycles=document.at("power_cycle_count").count(),
        endurance_used_percent=_endurance(document),
        attributes=ata_json.attributes(document),
        nvme=nvme,
        scsi=scsi,
        self_tests=_self_tests(document),
        self_test_running_percent=_running(document),
        error_log_count=ata_json.error_log_count(document),
        errors=logged_errors(document),
        statistics=ata_json.statistics(document),
        messages=messages,
    )


def _messages(document: Node) -> list[str]:
    """Return what smartctl remarks, the errors first: the first one is what people are told."""
    found = list(document.at("smartctl", "messages").items())
    found.sort(key=lambda one: one.at("severity").word() != "error")
    return [one.at("string").word() for one in found][:_MOST_MESSAGES]


def _protocol(document: Node) -> Protocol:
    """Believe the content where it tells more than the name: a bridge may say SCSI of ATA."""
    if document.has("nvme_smart_health_information_log"):
        return Protocol.NVME
    if document.has("ata_smart_attributes"):
        return Protocol.ATA
    return _PROTOCOLS.get(document.at("device", "protocol").word().lower(), Protocol.UNKNOWN)


def _vendor_and_product(document: Node) -> str:
    for vendor, product in (("scsi_vendor", "scsi_product"), ("vendor", "product")):
        name = f"{document.at(vendor).word()} {document.at(product).word()}".strip()
        if name:
            return name
    return ""


def _wwn(document: Node) -> str:
    wwn = document.at("wwn")
    naa, company, unit_id = (wwn.at(name).count() for name in ("naa", "oui", "id"))
    if naa is not None and company is not None and unit_id is not None:
        return clean_wwn(f"{naa:x}{company:06x}{unit_id:09x}")
    unit = document.at("logical_unit_id").word()
    if unit:
        return clean_wwn(unit)
    for space in document.at("nvme_namespaces").items():
        oui, identifier = space.at("eui64", "oui").count(), space.at("eui64", "ext_id").count()
        if oui is not None and identifier is not None:
            return clean_wwn(f"{oui:06x}{identifier:010x}")
    return ""


def _capacity(document: Node) -> int | None:
    size = document.at("user_capacity", "bytes").count()
    return size if size is not None else document.at("nvme_total_capacity").count()


def _interface(document: Node) -> str:
    return (
        document.at("interface_speed", "current", "string").word()
        or document.at("interface_speed", "max", "string").word()
        or document.at("scsi_transport_protocol", "name").word()
    )


def _temperatures(document: Node) -> Temperatures:
    found = document.at("temperature")
    nvme = document.at("nvme_composite_temperature_threshold")
    limits = (
        (found.at("op_limit_max"), nvme.at("warning")),
        (
            found.at("critical_limit_max"),
            nvme.at("critical"),
            found.at("limit_max"),
            found.at("drive_trip"),
        ),
    )
    warning, critical = (
        next((limit for place in places if (limit := place.count())), None) for places in limits
    )
    return Temperatures(
        current=told_temperature(found.at("current").count(), found.at("drive_trip").count()),
        warning_limit=warning,
        critical_limit=critical,
        lifetime_max=found.at("lifetime_max").count(),
    )


def _endurance(document: Node) -> int | None:
    return document.at("endurance_used", "current_percent").count()


def _self_tests(document: Node) -> list[SelfTest] | None:
    for reader in (ata_json.self_tests, nvme_json.self_tests, scsi_json.self_tests):
        found = reader(document)
        if found is not None:
            return found
    return None


def _running(document: Node) -> int | None:
    left = ata_json.running_percent(document)
    return left if left is not None else nvme_json.running_percent(document)
