"""A click group whose commands are imported only when one is called, so that each starts fast."""

from collections.abc import Mapping
from importlib import import_module

import click


class _CalledWrongly(click.ClickException):
    exit_code = 2


class LazyGroup(click.Group):
    """`commands_in` maps a command's name to the module that holds it as `command`.

    Any error of `error_root` (a class or several) becomes one line on stderr and its `exit_code`, else 1.
    """

    def __init__(
        self,
        *,
        commands_in: Mapping[str, str],
        error_root: type[Exception] | tuple[type[Exception], ...],
        **attrs: object,
    ) -> None:
        super().__init__(**attrs)  # type: ignore[arg-type]
        self.commands_in = commands_in
        self.error_root = error_root

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.commands_in)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands_in:
            return None
        command = import_module(self.commands_in[cmd_name]).command
        assert isinstance(command, click.Command)  # noqa: S101 (our own table)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except self.error_root as error:
            shown = (
                _CalledWrongly if getattr(error, "exit_code", 1) == _CalledWrongly.exit_code else click.ClickException
            )
            raise shown(str(error)) from error
