#!/bin/sh
# Prometheus and promtool, for the tests of what watches the services: out of Debian's package, which is not installed (it
# would start a server).
set -eu
. "$(dirname "$0")/apt.sh"
folder=.local/prometheus

if [ -x "$folder/promtool" ] || { have prometheus && have promtool; } || ! have apt-get || ! have dpkg-deb; then exit 0; fi
echo "stagecast: fetching Prometheus (for the tests of alerts and dashboard)"
rm -rf "$folder" && mkdir -p "$folder"
(cd "$folder" && apt-get -qq download prometheus 2>/dev/null) || {
    echo "stagecast: no package prometheus: the tests of alerts and dashboard will say that it is missing" >&2
    exit 0
}
dpkg-deb --fsys-tarfile "$folder"/prometheus_*.deb | tar -x --strip-components=3 -C "$folder" ./usr/bin/prometheus ./usr/bin/promtool
rm "$folder"/prometheus_*.deb
