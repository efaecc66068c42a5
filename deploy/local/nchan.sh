#!/bin/sh
# Install nginx with nchan, a peer in `make bench`, where that is a package (Debian, Ubuntu). Leaves none running.
set -eu
. "$(dirname "$0")/apt.sh"

installed() { [ -x /usr/sbin/nginx ] && [ -e /usr/lib/nginx/modules/ngx_nchan_module.so ]; }

# The package enables and starts a server on port 80, which nobody asked for; one that was there stays.
stop_system_server() {
    if [ -d /run/systemd/system ] && have systemctl; then
        as_root systemctl --quiet disable --now nginx.service || true
    elif [ -x /etc/init.d/nginx ]; then
        as_root /etc/init.d/nginx stop >/dev/null 2>&1 || true
        as_root update-rc.d nginx disable >/dev/null 2>&1 || true
    fi
}

if installed; then
    exit 0
elif have apt-get; then
    had_nginx=no
    if [ -x /usr/sbin/nginx ]; then had_nginx=yes; fi
    apt_install "a peer to measure beside" nginx libnginx-mod-nchan
    [ "$had_nginx" = yes ] || stop_system_server
else
    fail "nginx with nchan is missing: \`make bench\` measures beside it and installs it on Debian and Ubuntu alone"
fi
