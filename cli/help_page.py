"""Help pages without Python's words and line ends: a value has a name, a flag and an argument have no type."""

from typing import Any

import typer
from typer.core import TyperArgument, TyperGroup

NAMES = ["-h", "--help"]  # of the option that asks for one


def made_plain(command: Any) -> Any:
    """The same command, itself and those below it changed. Typer has no setting for it."""
    paragraphs = (command.help or "").split("\n\n")
    command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)  # as wide as the terminal
    asking = command.get_help_option(typer.Context(command, help_option_names=NAMES))
    for parameter in (*command.params, asking):
        if isinstance(parameter, TyperArgument) or parameter.is_flag:
            parameter.display_type_rich = _nothing
    if isinstance(command, TyperGroup):
        for each in command.commands.values():
            made_plain(each)
    return command


def _nothing(ctx: Any) -> None:
    """In the column of types."""
