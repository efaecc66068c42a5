#!/bin/sh
# Install Node for the tests of the page's code where there is apt, and what they check it with; elsewhere they say what
# is missing. The page itself needs neither.
set -eu
. "$(dirname "$0")/apt.sh"

if ! { have node && have npm; } && have apt-get; then
    apt_install "for the tests of the page's code" nodejs npm
fi

checks="$(dirname "$0")/../../tests/npm"
if have npm && [ "$checks/package-lock.json" -nt "$checks/node_modules/.package-lock.json" ]; then
    npm ci --silent --prefix "$checks" || echo "stagecast: could not install what checks the page; its tests say so"
fi
