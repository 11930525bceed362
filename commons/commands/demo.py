"""`commons demo`: the main job, headless, in a temporary folder."""

import dataclasses
import json
import tempfile
from pathlib import Path

import click

from commons.stack.demo import Demo


@click.command(help="Run the main job from remix to made, with real processes, and prove what was executed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this folder and leave it there.")
def command(as_json: bool, keep: Path | None) -> None:
    def say(stage: str, seconds: float) -> None:
        if not as_json:
            click.echo(f"{stage:<8}{seconds:>8.2f} s")

    with tempfile.TemporaryDirectory(prefix="commons-demo-") as temporary:
        report = Demo(keep or Path(temporary), say).run()
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(report)))
    else:
        match = "as planned" if report.executed_sha256_matches else "NOT as planned"
        click.echo(f"program {report.program_sha256[:16]}…: {report.lines_executed} lines executed, {match}")
        click.echo(f"order: {report.order_state}")
    if not report.ok:
        raise click.ClickException("the printer did not execute what was planned")
