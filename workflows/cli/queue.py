"""FireWorks' commands as commands of `ionsieve`: `rlaunch`, `qlaunch`, `lpad`."""

import typer

#: Everything after the command's name is FireWorks' own, `--help` included.
_PASSED_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "allow_interspersed_args": False}


def register(app: typer.Typer) -> None:
    """Add the commands of this group to the application."""
    for command in (rlaunch, qlaunch, lpad):
        app.command(command.__name__, context_settings=_PASSED_ON, add_help_option=False)(command)


def rlaunch(context: typer.Context) -> None:
    """FireWorks' rlaunch with IonSieve's safeguards: what a queue job runs; also offline (singleshot --offline)."""
    _run(context, "rlaunch")


def qlaunch(context: typer.Context) -> None:
    """FireWorks' qlaunch with IonSieve's safeguards: send jobs to the queue; offline jobs take their inputs along."""
    _run(context, "qlaunch")


def lpad(context: typer.Context) -> None:
    """FireWorks' lpad with IonSieve's safeguards; recover_offline collects the results of offline jobs."""
    _run(context, "lpad")


def _run(context: typer.Context, name: str) -> None:
    import os

    from workflows.process.threads import hold_threads

    # Before the first numerical library is imported.
    os.environ.update(hold_threads())
    from workflows.launchpad.commands import run_command

    raise typer.Exit(run_command(name, context.args))
