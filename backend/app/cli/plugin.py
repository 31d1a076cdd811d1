"""`unity plugin`: write, check and run plugins on this machine; see what runs, through the API."""

import asyncio
import json as documents
import os
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import applying
from app.cli.client import Client
from app.cli.kinds import INSTANCES
from app.cli.output import Json, show, show_table
from app.cli.plugin_instances import add_to
from app.cli.plugin_keys import cli as keys
from app.kernel.errors import InvalidInput, JsonValue

if TYPE_CHECKING:
    from unity_plugin.config import FormField
    from unity_plugin.results import Report
    from unity_plugin.testing import PluginUnderTest
    from unity_plugin.wire import Description

cli = typer.Typer(
    help="Write and check plugins; run, switch and read what they watch.", no_args_is_help=True
)
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_TIERS = ("none", "bronze", "silver", "gold", "platinum")
Source = Annotated[str, typer.Argument(help="A file, package.module:Class, or a plugin's name.")]


@cli.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Small letters, digits and underscores.")],
    folder: Annotated[Path, typer.Option(help="Where to write it.")] = Path(),
) -> None:
    """Write a plugin that works, to change into your own."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is no name of a plugin.",
            fix="Use 2 to 40 small letters, digits and underscores.",
        )
    target = folder / f"{name}.py"
    if target.exists():
        raise InvalidInput(f"{target} exists already.", fix="Choose another name.")
    words = files("unity_plugin").joinpath("template.py.txt").read_text(encoding="utf-8")
    titled = "".join(part.capitalize() for part in name.split("_"))
    target.write_text(words.replace("NAME", name).replace("TITLE", titled), encoding="utf-8")
    show(None, f"Wrote {target}. Next: unity plugin check {target}", as_json=False)


@cli.command("check")
def check(
    source: Source,
    at_least: Annotated[str, typer.Option(help="Fail below this tier.")] = "none",
    json: Json = False,
) -> None:
    """Load a plugin as Unity does, and judge it by the scale of quality."""
    if at_least not in _TIERS:
        raise InvalidInput(f"There is no tier {at_least}.", fix=f"Use one of {', '.join(_TIERS)}.")
    said = asyncio.run(_describe(_origin(source)))
    quality = said.quality
    rules = [rule.model_dump(mode="json") for rule in quality.rules]
    columns = {"rule": "RULE", "tier": "TIER", "status": "STATUS", "note": "WHY"}
    if json:
        show(said.model_dump(mode="json"), "", as_json=True)
    else:
        show_table(rows=rules, columns=columns, as_json=False, empty="")
        manifest = said.manifest
        show(None, f"{manifest.title} {manifest.version}: {quality.tier}", as_json=False)
    untrue = [rule.rule for rule in quality.rules if rule.status == "untrue"]
    if untrue:
        raise InvalidInput(f"What it claims is not so: {', '.join(untrue)}.")
    if _TIERS.index(quality.tier) < _TIERS.index(at_least):
        raise InvalidInput(f"It is {quality.tier}, and {at_least} was asked for.")


@cli.command("run")
def run(
    source: Source,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE, once for each field.")
    ] = None,
    json: Json = False,
) -> None:
    """Run a plugin once, in a worker, and show what it brings. Nothing is stored.

    A secret comes from the environment (UNITY_PLUGIN_<FIELD>), or it is asked for.
    """
    report, log = asyncio.run(_collect(_origin(source), settings or []))
    if json:
        show(report.model_dump(mode="json"), "", as_json=True)
        return
    for line in log:
        typer.echo(line, err=True)
    samples = [
        {"metric": one.metric, "labels": _labels(one.labels), "value": one.value, "unit": one.unit}
        for one in report.samples
    ]
    columns = {"metric": "METRIC", "labels": "LABELS", "value": "VALUE", "unit": "UNIT"}
    show_table(samples, columns, as_json=False, empty="No samples.")
    for fact in report.facts:
        show(None, f"{fact.label}: {fact.value} {fact.unit}".rstrip(), as_json=False)
    for each in report.conditions:
        show(None, f"! {each.alert} {each.subject}: {each.message} {each.fix}", as_json=False)
    show(None, report.summary or "It ran.", as_json=False)


@cli.command("list")
def list_plugins(
    available: Annotated[
        bool, typer.Option(help="The plugins instead of their instances.")
    ] = False,
    json: Json = False,
) -> None:
    """List the instances, or with --available the plugins of a running Unity."""
    client = Client()
    if available:
        found = client.get("/api/plugins/gallery").get("items")
        rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
        columns = {
            "name": "NAME",
            "version": "VERSION",
            "source": "FROM",
            "state": "STATE",
            "tier": "QUALITY",
            "problem": "WHY",
        }
        show_table(rows, columns, as_json=json, empty="No plugins yet; the first look is running.")
        return
    rows = list(client.pages("/api/plugins/instances"))
    columns = {
        "state": "STATE",
        "name": "NAME",
        "plugin": "PLUGIN",
        "server_name": "SERVER",
        "summary": "SUMMARY",
        "problem": "WHY",
    }
    show_table(rows, columns, as_json=json, empty="No instances yet.")


add_to(cli)
applying.add_to(cli, INSTANCES)
cli.add_typer(keys, name="keys")


def _origin(source: str) -> str:
    if source.endswith(".py"):
        return str(Path(source).resolve())
    if ":" in source:
        return source
    from app.adapters.plugin_workers.finding import find_plugins  # noqa: PLC0415 - for names only

    folder = Path(os.environ.get("UNITY_DATA", "./data")) / "plugins"
    for one in find_plugins(folder):
        if one.name == source and not one.problem:
            return one.origin
    raise InvalidInput(
        f"No plugin {source} is installed, nor in {folder}.",
        fix="Name a file that ends in .py, or package.module:Class.",
    )


async def _describe(origin: str) -> "Description":
    from unity_plugin.testing import CallFailed, loaded  # noqa: PLC0415 - slow to load

    try:
        async with loaded(origin) as plugin:
            return await plugin.describe()
    except CallFailed as error:
        raise InvalidInput(error.failed.detail, fix=error.failed.fix) from error


async def _collect(origin: str, settings: list[str]) -> "tuple[Report, list[str]]":
    from unity_plugin.testing import CallFailed, loaded  # noqa: PLC0415 - slow to load

    try:
        async with loaded(origin) as plugin:
            plugin.values = await _filled(plugin, settings)
            report = await plugin.collect()
            return report, [f"{line.level}: {line.text}" for line in plugin.log]
    except CallFailed as error:
        raise InvalidInput(error.failed.detail, fix=error.failed.fix) from error


async def _filled(plugin: "PluginUnderTest", settings: list[str]) -> dict[str, JsonValue]:
    form = {field.name: field for field in (await plugin.describe()).form}
    given = dict(one.partition("=")[::2] for one in settings)
    if unknown := sorted({*given} - {*form}):
        raise InvalidInput(
            f"It has no field {', '.join(unknown)}.", fix=f"Its fields: {', '.join(form)}."
        )
    values: dict[str, JsonValue] = {name: _value(form[name], text) for name, text in given.items()}
    for name, field in form.items():
        if field.is_secret and name not in values:
            secret = os.environ.get(f"UNITY_PLUGIN_{name.upper()}", "")
            if not secret and field.is_required:
                secret = typer.prompt(field.label, hide_input=True)
            if secret:
                values[name] = secret
    return values


def _value(field: "FormField", text: str) -> JsonValue:
    if field.kind == "string":
        return text
    if field.kind == "array":
        return [*text.split(",")]
    try:
        found: JsonValue = documents.loads(text)
    except ValueError:
        return text  # the plugin's own model says what is wrong with it
    return found


def _labels(labels: "object") -> str:
    return " ".join(f"{k}={v}" for k, v in labels.items()) if isinstance(labels, dict) else ""
