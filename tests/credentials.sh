#!/bin/sh
# Rotated secrets reach the service's own directory: whole sets, its own alone, and nothing root would be led to.
#   credentials.sh SCRIPT
set -eu
script=$1
[ "$(id -u)" -eq 0 ] || { echo "skipped: only root can hand secrets over" >&2; exit 77; }
command -v setpriv >/dev/null || { echo "skipped: no setpriv" >&2; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 0711 "$work"
mkdir -m 0700 "$work/secrets" "$work/secrets/eu" "$work/temporary"
mkdir -m 0700 "$work/started"
mkdir -m 0750 "$work/run"
chown nobody:nogroup "$work/run" "$work/started"
export TMPDIR="$work/temporary" CREDENTIALS_DIRECTORY="$work/started"

fail() {
	echo "$*" >&2
	exit 1
}
holds() { # NAME WORDS
	[ "$(cat "$work/run/credentials/$1")" = "$2" ] || fail "$1 does not hold what it should"
}

printf 'first\n' >"$work/secrets/meta"
printf 'in a directory\n' >"$work/secrets/eu/with blank"
ln -s /etc/shadow "$work/secrets/shadow"
printf 'old\n' >"$work/started/secret_gone"
"$script" "$work/secrets" "$work/run"
holds secret_meta first
holds 'secret_eu_with blank' 'in a directory'
[ ! -e "$work/run/credentials/secret_shadow" ] || fail "a link was followed"
[ -f "$work/run/credentials/secret_gone" ] && [ ! -s "$work/run/credentials/secret_gone" ] ||
	fail "a secret that is gone is found where the service was started with it"
for file in "$work/run/credentials/"*; do
	[ "$(stat -c '%U %a' "$file")" = 'nobody 400' ] || fail "$file: $(stat -c '%U %a' "$file")"
done
[ "$(stat -Lc '%U %a' "$work/run/credentials")" = 'nobody 700' ] || fail "others may look into the directory"
[ -z "$(ls "$work/temporary")" ] || fail "secrets lie about in $work/temporary"

# the second set replaces the first whole
printf 'second\n' >"$work/secrets/meta"
rm -r "$work/secrets/eu"
"$script" "$work/secrets" "$work/run"
holds secret_meta second
[ -f "$work/run/credentials/secret_eu_with blank" ] && [ ! -s "$work/run/credentials/secret_eu_with blank" ] ||
	fail "a secret that was taken away is still there"
[ "$(find "$work/run" -mindepth 1 -maxdepth 1 -type d | wc -l)" = 1 ] || fail "old sets stay"

# what cannot be read changes nothing
if "$script" "$work/nothing" "$work/run" 2>/dev/null; then fail "no directory, no words"; fi
holds secret_meta second

# the service's user lays a trap: what lies there leads to a directory of root's
mkdir -m 0700 "$work/roots"
printf 'untouched\n' >"$work/roots/secret_meta"
rm -rf "$work/run/"*
ln -s "$work/roots" "$work/run/credentials"
ln -s "$work/roots" "$work/run/credentials.link"
chown -h nobody:nogroup "$work/run/credentials" "$work/run/credentials.link"
"$script" "$work/secrets" "$work/run"
holds secret_meta second
[ "$(cat "$work/roots/secret_meta")" = untouched ] && [ "$(ls "$work/roots")" = secret_meta ] ||
	fail "root wrote where the service's user led it"
echo "secrets are handed over whole, to the service alone"
