#!/bin/sh
# Install RabbitMQ, unless it is there or a broker answers at STAGECAST_AMQP_URL. Leaves none running.
set -eu
. "$(dirname "$0")/apt.sh"

installed() {
    [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || have rabbitmq-server ||
        [ -x /opt/homebrew/sbin/rabbitmq-server ] || [ -x /usr/local/sbin/rabbitmq-server ]
}

# The package enables and starts a broker and a port mapper for the whole machine, which nobody asked for.
stop_system_broker() {
    if [ -d /run/systemd/system ] && have systemctl; then
        as_root systemctl --quiet disable --now rabbitmq-server.service || true
        [ "$epmd_ran" = yes ] || as_root systemctl --quiet disable --now epmd.socket epmd.service 2>/dev/null || true
    elif [ -x /etc/init.d/rabbitmq-server ]; then
        as_root /etc/init.d/rabbitmq-server stop >/dev/null 2>&1 || true
        as_root update-rc.d rabbitmq-server disable >/dev/null 2>&1 || true
    fi
    [ "$epmd_ran" = yes ] || epmd -kill >/dev/null 2>&1 || true # it refuses while somebody uses it
}

if installed || .venv/bin/python -m cli answers; then
    exit 0
elif have apt-get; then
    epmd_ran=no
    if have epmd && epmd -names >/dev/null 2>&1; then epmd_ran=yes; fi
    apt_install "the broker" rabbitmq-server
    stop_system_broker
elif have brew; then
    echo "stagecast: installing rabbitmq (the broker)"
    brew install --quiet rabbitmq
else
    fail "RabbitMQ is missing: install the package rabbitmq-server with your package manager, or start a broker with \`docker run -d -p 127.0.0.1:5672:5672 rabbitmq:4-management\`"
fi
