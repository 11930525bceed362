"""`commons parameters`: what can be set in a design, read without running it."""

import json
from itertools import groupby
from pathlib import Path

import click

from commons.commands.sourcing import find_design
from fabrication.geometry.parameters import Parameter, json_schema, read_parameters


@click.command()
@click.argument("source")
@click.option("--json", "as_json", is_flag=True, help="As a JSON Schema (draft 2020-12).")
def command(source: str, *, as_json: bool) -> None:
    """List the parameters of a design, with defaults and limits.

    SOURCE is the slug of a shipped design or of one in the catalogue, a design's folder or a script.
    """
    parameters = read_parameters(find_design(source).source.script)
    if as_json:
        click.echo(json.dumps(json_schema(parameters, Path(source).stem)))
        return
    if not parameters:
        click.echo(f"{source} has no parameters")
    for group, members in groupby(parameters, key=lambda parameter: parameter.group):
        if group:
            click.echo(f"[{group}]")
        for parameter in members:
            click.echo(_line(parameter))


def _line(parameter: Parameter) -> str:
    default = parameter.default
    shown = json.dumps(default, ensure_ascii=False) if isinstance(default, bool | str) else parameter.shown(default)
    step = f"steps of {parameter.shown(parameter.step)}" if parameter.step else ""
    about = (_allowed(parameter), step, parameter.description)
    return f"  {parameter.name} = {shown}".ljust(34) + " " + "; ".join(text for text in about if text)


def _allowed(parameter: Parameter) -> str:
    match parameter.kind:
        case "choice":
            named = (
                str(choice.value) if str(choice.value) == choice.label else f"{choice.value} ({choice.label})"
                for choice in parameter.choices
            )
            return " or ".join(named)
        case "text":
            return f"text, at most {parameter.max_length} characters"
        case "vector":
            count = len(parameter.numbers)
            each = f", each {parameter.allowed()}" if parameter.allowed() else ""
            one = parameter.allowed() if parameter.is_whole else f"1 number {parameter.limits()}".strip()
            return f"{count} numbers{each}" if count > 1 else one
    return parameter.allowed()
