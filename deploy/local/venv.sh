#!/bin/sh
# venv.sh LOCK: the virtual environment .venv with exactly what LOCK names, hashes checked.
set -eu
. "$(dirname "$0")/apt.sh"
lock=$1

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if recent "$python"; then
            command -v "$python"
            return
        fi
    done
    fail "no Python 3.11 or later${PYTHON:+ in PYTHON=$PYTHON}: install one, or say where it is: make PYTHON=/path/to/python"
}

make_venv() {
    python=$(find_python)
    # Debian and Ubuntu keep ensurepip in a package of its own.
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        have apt-get || fail "$python has no venv module: install it, or set PYTHON to another one"
        apt_install "to make a virtual environment" "python$version-venv"
    fi
    echo "stagecast: making .venv with $python"
    "$python" -m venv --clear .venv
}

if ! recent .venv/bin/python || ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    make_venv
fi
echo "stagecast: installing what $lock names into .venv"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$lock" ||
    fail "pip could not install what $lock names: its messages above say why"
ln -sf ../../deploy/local/stagecast.sh .venv/bin/stagecast
