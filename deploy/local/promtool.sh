#!/bin/sh
# promtool, for the tests of the alert rules: out of Debian's package, which is not installed (it would start a server).
set -eu
. "$(dirname "$0")/apt.sh"
folder=.local/promtool

if have promtool || [ -x "$folder/promtool" ] || ! have apt-get || ! have dpkg-deb; then exit 0; fi
echo "stagecast: fetching promtool (for the tests of the alert rules)"
rm -rf "$folder" && mkdir -p "$folder"
(cd "$folder" && apt-get -qq download prometheus 2>/dev/null) || {
    echo "stagecast: no package prometheus: the tests of the alert rules will say that promtool is missing" >&2
    exit 0
}
dpkg-deb --fsys-tarfile "$folder"/prometheus_*.deb | tar -xO ./usr/bin/promtool >"$folder/promtool"
chmod +x "$folder/promtool"
rm "$folder"/prometheus_*.deb
