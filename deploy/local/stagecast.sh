#!/bin/sh
# .venv/bin/stagecast links here: the command as an installed package has it, run from this checkout, in any folder.
set -eu
checkout=$(cd "$(dirname "$0")/../.." && pwd)
PYTHONPATH="$checkout${PYTHONPATH:+:$PYTHONPATH}" exec "$checkout/.venv/bin/python" -P -m cli "$@"
