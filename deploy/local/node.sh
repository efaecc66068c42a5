#!/bin/sh
# Install Node for the tests of the page's code where there is apt, and what they check it with; elsewhere they say what
# is missing. The page itself needs neither.
set -eu
. "$(dirname "$0")/apt.sh"

# One at a time: most packages of Node bring npm, but for Debian's, whose own npm needs hundreds of others.
have node || ! have apt-get || apt_install "for the tests of the page's code" nodejs
if have node && ! have npm; then # a link to Node may have left its npm behind
    PATH="$PATH:$(dirname "$(readlink -f "$(command -v node)")")"
fi
have npm || ! have apt-get || apt_install "for what checks the page's code" npm

checks="$(dirname "$0")/../../tests/npm"
if have npm && [ "$checks/package-lock.json" -nt "$checks/node_modules/.package-lock.json" ]; then
    npm ci --silent --prefix "$checks" || echo "stagecast: could not install what checks the page; its tests say so"
fi
