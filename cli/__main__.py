"""`stagecast`, or `python -m cli`: Ctrl-C ends it without a word also while its modules are being loaded."""

import signal


def main() -> None:
    """Load the commands, and run the one that is asked for."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from cli.app import run

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


if __name__ == "__main__":
    main()
