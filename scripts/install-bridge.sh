#!/bin/sh
# Installs the firmware bridge as a service on a Raspberry Pi or any Debian with systemd:
#
#     sudo sh scripts/install-bridge.sh
#
# It says each thing before it does it. Run again, it brings the installation up to date; a bridge that runs is left
# running until its owner restarts it. --remove takes away everything but what the bridge keeps of its workshop.
set -eu
umask 022

usage() {
    cat <<'TEXT'
usage: install-bridge.sh [--from SOURCE] [--root DIR] [--remove]

  --from SOURCE  what pip installs: a checkout, a wheel, a requirement.
                 [default: the checkout this script is in, else fabrication-commons from the package index]
  --root DIR     install below DIR, for packagers and for trying it: no packages, no user, no service.
  --remove       take the service, the command and the environment away again.
TEXT
}

say() { printf 'install-bridge: %s\n' "$1"; }
fail() { printf 'install-bridge: %s\n' "$1" >&2; exit "${2:-1}"; }

name=firmware-bridge
root='' source='' remove=''
while [ $# -gt 0 ]; do
    case $1 in
        --from) source=${2:?--from needs a SOURCE}; shift 2 ;;
        --root) root=${2:?--root needs a DIR}; shift 2 ;;
        --remove) remove=yes; shift ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "there is no option $1" 2 ;;
    esac
done

opt=/opt/$name state=/var/lib/$name
command=/usr/local/bin/$name unit=/etc/systemd/system/$name.service

[ -n "$root" ] || [ "$(id -u)" = 0 ] || fail 'may not install here; run it as root: sudo sh '"$0" 2

if [ -n "$remove" ]; then
    if [ -z "$root" ] && [ -e "$unit" ]; then
        say "stopping and disabling the service (a machine that prints is stopped, heaters off)"
        systemctl disable --now "$name"
    fi
    say "removing $unit, $command and $opt; $state, with profiles and pairing, stays"
    rm -rf -- "$root$unit" "$root$command" "$root$opt"
    [ -n "$root" ] || systemctl daemon-reload
    exit 0
fi

if [ -z "$source" ]; then
    checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
    if [ -f "$checkout/pyproject.toml" ]; then source=$checkout; else source=fabrication-commons; fi
fi

# The system's own first: another may lie in a home that the bridge's user cannot read.
python=$(command -v /usr/bin/python3 || command -v python3) ||
    fail 'python3 is missing: apt-get install python3 python3-venv'
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed, and this is $("$python" -V): use Raspberry Pi OS 12 (bookworm) or newer"
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    [ -z "$root" ] || fail 'python3-venv is missing: apt-get install python3-venv'
    say 'installing the package python3-venv, which makes the environment'
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv
fi

if [ -z "$root" ]; then
    if ! id "$name" >/dev/null 2>&1; then
        say "making the user $name, which owns $state and nothing else"
        useradd --system --user-group --home-dir "$state" --no-create-home --shell /usr/sbin/nologin "$name"
    fi
    for group in dialout gpio; do  # serial ports; the pins of a Raspberry Pi, where it has any
        if getent group "$group" >/dev/null; then
            say "letting $name use what belongs to the group $group"
            usermod --append --groups "$group" "$name"
        fi
    done
fi

say "making the environment $root$opt and installing $source into it"
mkdir -p "$root/opt"
"$python" -m venv "$root$opt"
"$root$opt/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade "$source"

say "writing the command $root$command, which speaks to the service's bridge as $name"
mkdir -p "$root/usr/local/bin"
cat >"$root$command" <<TEXT
#!/bin/sh
# The bridge of this computer's service. Files named on its command line must be readable for $name.
if [ "\$(id -un)" = $name ]; then
    FIRMWARE_BRIDGE_HOME=$state exec $opt/bin/firmware-bridge "\$@"
fi
exec sudo -u $name FIRMWARE_BRIDGE_HOME=$state $opt/bin/firmware-bridge "\$@"
TEXT
chmod 755 "$root$command"

say "making $root$state, for the bridge alone"
mkdir -p "$root$state/machines"
chmod 700 "$root$state" "$root$state/machines"
[ -n "$root" ] || chown -R "$name:$name" "$state"

say "writing $root$unit"
mkdir -p "$root/etc/systemd/system"
"$root$opt/bin/python" -c 'from importlib.resources import files
print(files("firmware_bridge").joinpath("systemd/firmware-bridge.service").read_text("utf-8"), end="")' >"$root$unit"
chmod 644 "$root$unit"

if [ -n "$root" ]; then
    say "below $root there is no user to make and no service to enable: done"
    exit 0
fi
runuser -u "$name" -- "$opt/bin/firmware-bridge" --help >/dev/null ||
    fail "the user $name cannot run $opt/bin/firmware-bridge: is $python in a private folder?"
say "letting it start with the computer"
systemctl daemon-reload
systemctl enable --quiet "$name"
if systemctl is-active --quiet "$name"; then
    say "the bridge that runs is the old one still; when nothing prints: sudo systemctl restart $name"
else
    say "next: sudo firmware-bridge pair https://the.site"
    say "then: one file for each machine in $state/machines (sudo -u $name tee $state/machines/ender.toml)"
    say "then: sudo systemctl start $name"
fi
