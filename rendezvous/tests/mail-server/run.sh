#!/bin/sh
# Runs the tests' mail server: run.sh VENV OPTIONS... The virtual environment VENV is made first where it is missing.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
venv=$1
shift
mkdir -p "$venv"
(
    # Tests that run at the same time wait for the one that installs.
    flock 9
    if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
        python3 -m venv --clear "$venv" >&2
        "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r "$here/requirements.txt" >&2
        cp "$here/requirements.txt" "$venv/installed.txt"
    fi
) 9>"$venv.lock"
exec "$venv/bin/python" "$here/serve.py" "$@"
