"""The command `stagecast`: Ctrl-C ends it without a word also while its modules are being loaded."""

import signal


def main() -> None:
    """Load the commands, and run the one that is asked for."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from cli.__main__ import app

    signal.signal(signal.SIGINT, signal.default_int_handler)
    app()


if __name__ == "__main__":
    main()
