"""
Commands made from the operations table: a row and its method's signature give the arguments, the
flags, the help and the call. Nothing here knows any one operation.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import click

from ..commons.methods import method
from ..commons.operations import Kind, Operation, Param
from . import complete
from .context import Context, format_options, pass_context

_INTEGERS = {"int", "int | None"}
_FREE_TEXT = "words"
_HIDDEN = {"self", "op_id", "dry_run"}
_METAVARS = {"rig": "RIG", "item": "ID", "pull": "PULL"}


def command(row: Operation, *, bare: Operation | None = None) -> click.Command:
    """
    Return the command of an operation.

    Args:
        row: The operation.
        bare: The operation that runs when the command's argument is left out.
    """
    signature = inspect.signature(method(row))
    inputs = [p for name, p in signature.parameters.items() if name not in _HIDDEN]
    params = [_parameter(p, row.params.get(p.name, Param()), bare) for p in inputs]
    if row.kind is Kind.WRITE:
        params += _write_options(row, signature)

    @pass_context
    def run(context: Context, /, **values: Any) -> None:
        called = row
        if bare and values.get(inputs[0].name) is None:
            called, values = bare, {}
        context.run(called, {name: value for name, value in values.items() if value is not None})

    return _Command(
        row.name.rpartition(" ")[2],
        params=[*params, *_view_options(row.name), *format_options()],
        callback=run,
        help=_help(row, inputs),
        short_help=row.summary,
    )


def _help(row: Operation, inputs: Sequence[inspect.Parameter]) -> str:
    doc = inspect.getdoc(method(row)) or ""
    body = doc.split("\nArgs:")[0].split("\nRaises:")[0].partition("\n\n")[2].strip()
    parts = [
        row.summary,
        body,
        *(f"{p.name.upper()}: {row.params[p.name].help}." for p in inputs if _is_argument(p)),
        f"\b\nExample:\n  {row.example}" if row.example else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _parameter(
    parameter: inspect.Parameter, param: Param, bare: Operation | None
) -> click.Parameter:
    kind = str(parameter.annotation)
    type_ = click.INT if kind in _INTEGERS else click.STRING
    required = parameter.default is inspect.Parameter.empty
    shell = complete.completer(param)
    if _is_argument(parameter):
        if parameter.name == _FREE_TEXT:
            return _Words([parameter.name], nargs=-1, required=True)
        return click.Argument(
            [parameter.name], type=type_, required=bare is None, shell_complete=shell
        )
    flags = param.flags or (f"--{parameter.name.replace('_', '-')}",)
    if kind == "bool":
        return click.Option([*flags, parameter.name], is_flag=True, default=None, help=param.help)
    return click.Option(
        [*flags, parameter.name],
        type=type_,
        multiple=kind.startswith("Sequence"),
        required=required,
        help=_option_help(parameter, param),
        metavar=_METAVARS.get(param.source),
        shell_complete=shell,
    )


def _option_help(parameter: inspect.Parameter, param: Param) -> str:
    """Return an option's help with its words and the method's default, which click never passes."""
    words = ", ".join(word for word in param.words if word not in param.help)
    default = parameter.default
    is_told = isinstance(default, str | int | float) and default != ""
    return "".join(
        (
            param.help,
            f": {words}" if words else "",
            f"  [default: {default}]" if is_told else "",
        )
    )


def _is_argument(parameter: inspect.Parameter) -> bool:
    is_required = parameter.default is inspect.Parameter.empty
    return is_required and parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD


class _Command(click.Command):
    """A command whose free text may hold words such as ``-draft``, which are no options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if any(isinstance(param, _Words) for param in self.params):
            args = _words_last(args)
        return super().parse_args(ctx, args)


def _words_last(args: Sequence[str]) -> list[str]:
    excluded = [a for a in args if len(a) > len("-h") and a[0] == "-" and a[1] != "-"]
    if not excluded or "--" in args:
        return list(args)
    return [*(a for a in args if a not in excluded), "--", *excluded]


class _Words(click.Argument):
    """Free text, joined by blanks."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        return " ".join(super().type_cast_value(ctx, value) or ())


def _view_options(name: str) -> list[click.Parameter]:
    """Return the flags that only change an operation's page for people."""
    if name != "browse":
        return []
    return [click.Option(["-l", "--long"], is_flag=True, help="show descriptions too")]


def _write_options(row: Operation, signature: inspect.Signature) -> list[click.Parameter]:
    from ..commons.outbox import QUEUED  # only writes need it

    options: list[click.Parameter] = []
    if "dry_run" in signature.parameters:
        options.append(
            click.Option(
                ["--dry-run"],
                is_flag=True,
                default=None,
                help="show SQL and row changes, commit nothing",
            )
        )
    if "op_id" in signature.parameters:
        options.append(
            click.Option(["--op-id"], help="operation id: repeat it for a safe retry", metavar="ID")
        )
    if row.name in QUEUED:
        text = "fail where the hub cannot be reached, instead of waiting for wl sync"
        options.append(click.Option(["--no-queue"], is_flag=True, default=None, help=text))
    return options
