# Sourced. Installing on Debian and Ubuntu, as root or through sudo.

have() { command -v "$1" >/dev/null 2>&1; }

fail() {
    echo "stagecast: $*" >&2
    exit 1
}

if [ "$(id -u)" = 0 ]; then sudo=; elif [ -t 0 ]; then sudo=sudo; else sudo="sudo -n"; fi

as_root() { $sudo "$@"; }

# apt_install REASON PACKAGE...
apt_install() {
    reason=$1
    shift
    [ -z "$sudo" ] || have sudo ||
        fail "$* is missing ($reason) and there is no sudo: run \`apt-get install $*\` as root, and start again"
    echo "stagecast: installing $* ($reason)"
    apt_log=$(mktemp)
    apt_get install "$@" || { apt_get update && apt_get install "$@"; } || {
        cat "$apt_log" >&2
        rm -f "$apt_log"
        fail "could not install $* ($reason): the messages above say why; install it by hand, and start again"
    }
    rm -f "$apt_log"
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
        --no-install-recommends --yes "$@" </dev/null >>"$apt_log" 2>&1
}
