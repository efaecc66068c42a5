#!/bin/sh
# Install Chromium for the browser tests where that is a package (Debian); elsewhere they say that it is missing.
set -eu
. "$(dirname "$0")/apt.sh"

if ! have chromium && have apt-get && grep -qs '^ID=debian' /etc/os-release; then
    apt_install "for the browser tests" chromium fonts-noto-cjk fonts-noto-color-emoji
fi
