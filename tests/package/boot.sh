#!/bin/bash
# Boots a Debian 12 of its own with systemd in it, in a container on a layer that is thrown away, and runs a script
# there as root. Whatever this machine's own init is.
#
#   boot.sh PACKAGES SCRIPT [FILE…]     PACKAGES are in the base tree, separated by blanks; the files lie beside the script
#
# Ends as the script does; 77 where no such thing can be booted, saying why. The base tree is made once (some 30 s and
# a Debian mirror) and kept in /var/tmp/metricsd-package, or in $METRICSD_TREES.
set -u
trees=${METRICSD_TREES:-/var/tmp/metricsd-package}
skip() {
	echo "skipped: no Debian can be booted here: $*" >&2
	exit 77
}
tell() {
	printf '%6.1f s  %s\n' "$(awk -v a="$begun" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')" "$*"
}
begun=$EPOCHREALTIME
packages="dbus init-system-helpers procps systemd systemd-sysv $1"
script=$2
shift 2

[ "$(id -u)" -eq 0 ] || skip "not root"
for tool in mmdebstrap systemd-nspawn nsenter flock; do
	command -v $tool >/dev/null || skip "no $tool (script/bootstrap package)"
done
# hierarchies of control groups, version 2 and systemd's own of version 1: a group of ours is made in each
groups=$(awk '$3 == "cgroup2" || ($3 == "cgroup" && $4 ~ /name=systemd/) { print $2 }' /proc/mounts | sort -u)
[ -n "$groups" ] || skip "no control groups"
for group in $groups; do
	mkdir "$group/metricsd-$$" 2>/dev/null || skip "$group cannot be written"
	rmdir "$group/metricsd-$$"
done

# --- the base tree
include=$(printf '%s\n' $packages | sort -u | paste -sd ,)
tree=$trees/$(sha256sum <<<"$include" | cut -c 1-12)
mkdir -p "$trees"
(
	flock 9
	[ -e "$tree.whole" ] && exit 0
	rm -rf --one-file-system "$tree"
	mmdebstrap --quiet --variant=minbase --format=directory --include="$include" bookworm "$tree" >"$tree.log" 2>&1 || {
		tail -5 "$tree.log" >&2
		exit 1
	}
	: >"$tree/etc/machine-id"
	touch "$tree.whole"
) 9>"$trees/lock" || skip "mmdebstrap made no base tree"
tell "the base tree is there"

# --- a layer over it
name=metricsd-$$
work=$(mktemp -d "$trees/run.XXXXXX")
container='' inside=''
finish() {
	status=$?
	if [ -n "$container" ] && kill -0 "$container" 2>/dev/null; then
		[ -n "$inside" ] && kill -KILL "$inside" 2>/dev/null
		wait "$container" 2>/dev/null
	fi
	umount "$work/root" 2>/dev/null
	for group in $groups; do
		find "$group/$name" -depth -type d -exec rmdir {} + 2>/dev/null
	done
	rm -rf --one-file-system "$work"
	exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$work/upper,workdir=$work/work" "$work/root" 2>/dev/null ||
	skip "no overlay can be mounted"
mkdir "$work/root/root/try"
cp "$script" "$@" "$work/root/root/try/" || exit 1

# --- up. Version 2 inside, for IPAddressDeny= and memory limits; a network of its own that has lo only.
(
	for group in $groups; do
		mkdir -p "$group/$name" && echo "$BASHPID" >"$group/$name/cgroup.procs"
	done
	SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 exec systemd-nspawn --quiet --directory="$work/root" --machine="$name" \
		--register=no --keep-unit --console=pipe --private-network --system-call-filter=bpf \
		--capability=CAP_BPF,CAP_NET_ADMIN,CAP_PERFMON --boot
) </dev/null >"$work/console" 2>&1 &
container=$!
state=
for _ in $(seq 300); do
	kill -0 "$container" 2>/dev/null || { tail -5 "$work/console" >&2; skip "systemd-nspawn ended"; }
	inside=$(pgrep -P "$container" | head -1)
	[ -n "$inside" ] && state=$(nsenter -t "$inside" -a systemctl is-system-running 2>/dev/null)
	case $state in running | degraded) break ;; esac
	sleep 0.1
done
tell "systemd is ${state:-not there}"
[ "$state" = running ] || { tail -20 "$work/console" >&2; skip "systemd does not come up"; }

nsenter -t "$inside" -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
	DEBIAN_FRONTEND=noninteractive bash "/root/try/$(basename "$script")"
status=$?
nsenter -t "$inside" -a systemctl --no-block poweroff 2>/dev/null
for _ in $(seq 100); do
	kill -0 "$container" 2>/dev/null || break
	sleep 0.1
done
tell "tried: $status"
exit $status
