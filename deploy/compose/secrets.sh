#!/bin/sh
# Makes the stack's secrets where there are none: a file each in /srv/secrets, the volume that the services read.
# What is there stays, so that they outlive the containers. Values from .env count only when a file is made.
set -eu
umask 022 # other users than ours read them: whoever mounts the volume may
cd /srv/secrets

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# keep FILE: standard input, whole or not at all
keep() { if [ -s "$1" ]; then cat >/dev/null; else cat >".$1" && mv ".$1" "$1"; fi; }

user=${STAGECAST_BROKER_USER:-stagecast}
password=${STAGECAST_BROKER_PASSWORD:-$(random)}
case $user$password in
    *[!A-Za-z0-9_-]*) echo "secrets: use A-Z a-z 0-9 _ - alone in STAGECAST_BROKER_USER and _PASSWORD" >&2 && exit 1 ;;
esac
echo "${STAGECAST_SECRET:-$(random)}" | keep STAGECAST_SECRET
# Written last and in one piece: both files below must tell the same password.
printf 'default_user = %s\ndefault_pass = %s\n' "$user" "$password" | keep broker.conf
random | keep erlang.cookie # by which the nodes of a cluster know each other
sed -n 's/^default_user = //p; s/^default_pass = //p' broker.conf | {
    read -r user && read -r password
    for host in ${STAGECAST_BROKER_HOSTS:-rabbitmq}; do printf '%s' "${comma-}amqp://$user:$password@$host:5672/" && comma=,; done
} >STAGECAST_AMQP_URL
