#!/bin/sh
# systemd understands every unit, and every service is closed as far as docs/security.md says.
#   units.sh DIRECTORY…      those with *.service, *.timer, *.path in them
set -eu
command -v systemd-analyze >/dev/null || { echo "skipped: no systemd-analyze" >&2; exit 77; }
most=1.2 # of systemd-analyze's exposure, for each service
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

for directory; do
	for file in "$directory"/*.service "$directory"/*.timer "$directory"/*.path; do
		[ -f "$file" ] || continue
		# a template is looked at as one of its instances
		cp "$file" "$work/$(basename "$file" | sed 's/@\./@itagui./')"
	done
done
# the programs need not be installed to read their units
sed -Ei 's#^(Exec[A-Za-z]+=[-+!:@]*)/[^ ]*/metricsd/[^ ]*#\1/bin/true#; s#^(Exec[A-Za-z]+=[-+!:@]*)/[^ ]*/metrics(d|ctl)( |$)#\1/bin/true\3#' "$work"/*.service

set -- "$work"/*
if ! SYSTEMD_UNIT_PATH="$work:" systemd-analyze verify --man=no --recursive-errors=no "$@" 2>"$work.words" || [ -s "$work.words" ]; then
	cat "$work.words" >&2
	status=1
fi
rm -f "$work.words"
for unit in "$work"/*.service; do
	said=$(systemd-analyze security --offline=true --no-pager --threshold="$(echo "$most" | tr -d .)" "$unit") || {
		printf '%s\n' "$said" | grep -v '✓' >&2
		echo "${unit##*/}: more exposed than $most" >&2
		status=1
	}
	printf '%s\n' "$said" | tail -1
done
exit $status
