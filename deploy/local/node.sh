#!/bin/sh
# Install Node for the tests of the page's code where there is apt; elsewhere they say that it is missing.
set -eu
. "$(dirname "$0")/apt.sh"

if ! have node && have apt-get; then
    apt_install "for the tests of the page's code" nodejs
fi
