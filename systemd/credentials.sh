#!/bin/sh
# Hands the running metricsd what /etc/metricsd/secrets holds now. `systemctl reload metricsd` calls it as root before
# it sends SIGHUP: systemd makes the copies of LoadCredential= only when a service starts.
#
#   credentials [SECRETS [PLACE]]
#
# Root reads; what is written is written as the owner of the place, because root must not follow what it finds in a
# directory of somebody else's. The new copies are made beside the old ones, and one rename puts all of them in their
# place: a reload that fails has changed nothing.
set -eu
umask 077
secrets=${1:-/etc/metricsd/secrets}
place=${2:-${RUNTIME_DIRECTORY:-/run/metricsd}}
owner=$(stat -c %U "$place")
group=$(stat -c %G "$place")

# Names as systemd makes them: secret_meta, and secret_eu_meta of what lies in a directory eu; links are passed over.
archive=$(mktemp "${TMPDIR:-/run}/metricsd-secrets.XXXXXX")
trap 'rm -f "$archive"' EXIT
trap 'exit 1' HUP INT TERM
[ -d "$secrets" ] || { echo "$secrets: no such directory" >&2; exit 1; }
find "$secrets" -type f -printf '%P\0' | tar -C "$secrets" --null --verbatim-files-from -T - --transform 's,/,_,g;s,^,secret_,' \
	--owner="$owner" --mode=0400 -cf "$archive"

# A secret that is gone must not be found where the service was started with it: an empty file says so.
setpriv --reuid="$owner" --regid="$group" --clear-groups --no-new-privs --inh-caps=-all \
	sh -eu -c '
		new=$(mktemp -d "$1/credentials.XXXXXX")
		trap "rm -rf \"\$new\"" EXIT
		tar -C "$new" -xf -
		for old in "$1"/credentials/secret_* "${CREDENTIALS_DIRECTORY:-$1/none}"/secret_*; do
			[ -e "$old" ] && [ ! -e "$new/${old##*/}" ] || continue
			: >"$new/${old##*/}"
			chmod 0400 "$new/${old##*/}"
		done
		ln -sfn "${new##*/}" "$1/credentials.link"
		mv -T "$1/credentials.link" "$1/credentials"
		trap - EXIT
		for old in "$1"/credentials.??????; do
			[ "$old" = "$new" ] || rm -rf "$old"
		done' credentials "$place" <"$archive"
