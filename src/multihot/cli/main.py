"""The entry: arguments in; text, files and an exit status out."""

import gc
import os
import sys

import cyclopts

from multihot import processes
from multihot.cli import exported
from multihot.cli.app import app
from multihot.console import fail, log_to_screen
from multihot.errors import ArgumentError, MultihotError
from multihot.memory import keep_large_blocks


def program() -> None:
    """Run the command line as a process of its own.

    Modules make half a million objects that live to the end. Looking for garbage among them takes a second while a
    command is imported, and another when the process ends: so nobody looks then.
    """
    gc.disable()
    try:
        main()
    finally:
        gc.freeze()


def main() -> None:
    """Run the command line: exit status 0 done, 2 bad input or usage, 1 anything else."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    log_to_screen()
    keep_large_blocks()
    try:
        _require_one_process(arguments)
        application = exported.app if exported.is_asked(arguments) else app
        command, given, _ = application.parse_args(arguments, exit_on_error=False, print_error=False)
        gc.enable()
        command(*given.args, **given.kwargs)
    except (MultihotError, cyclopts.CycloptsError) as error:
        sys.exit(fail(error, 2, debug))
    except KeyboardInterrupt:
        if not processes.is_first():
            sys.exit(1)
        goes_on = "; with --resume and the same --out it goes on" if arguments[:1] == ["train"] else ""
        print(f"\nstopped{goes_on}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # whoever read has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor is it told again at the end
        sys.exit(1)
    except OSError as error:
        status = 1 if error.filename is None else 2  # a place that was named and cannot be used
        sys.exit(fail(error, status, debug))
    except Exception as error:  # the last line of defence: one line, and the rest on request
        sys.exit(fail(error, 1, debug))
    processes.end()


def _require_one_process(arguments: list[str]) -> None:
    """Raise an `ArgumentError` where torchrun started what each process would do whole, over the others' files."""
    if processes.count() > 1 and arguments[:1] != ["train"]:
        raise ArgumentError(
            f"only train is shared by processes, and {processes.count()} were started: leave torchrun out "
            "(predict --engine ray starts several)"
        )
