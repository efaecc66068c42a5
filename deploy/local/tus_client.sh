#!/bin/sh
# Install tus-js-client for the tests of resumable uploads, as its lock says; without npm they say what is missing.
set -eu
. "$(dirname "$0")/apt.sh"

client="$(dirname "$0")/../../tests/tus_client"
installed="$client/node_modules/.package-lock.json"
if have npm && { [ ! -e "$installed" ] || [ "$client/package-lock.json" -nt "$installed" ]; }; then
    npm ci --silent --ignore-scripts --prefix "$client" ||
        echo "stagecast: could not install tus-js-client; the tests with it say so"
fi
