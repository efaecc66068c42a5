#!/bin/sh
# Install Firefox for the test of the page in it where that is a package (Debian); elsewhere the test says that it is missing.
set -eu
. "$(dirname "$0")/apt.sh"

if ! have firefox-esr && ! have firefox && have apt-get && grep -qs '^ID=debian' /etc/os-release; then
    apt_install "for the test of the page in Firefox" firefox-esr
fi
