#!/bin/sh
# The template says what the sources say, and every language says all of it.
# usage: check.sh SOURCE_DIRECTORY
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$1"

po/extract.sh . | grep -v '^"POT-Creation-Date' >"$scratch/now.pot"
grep -v '^"POT-Creation-Date' po/metricsd.pot >"$scratch/kept.pot"
diff -u "$scratch/kept.pot" "$scratch/now.pot" >&2 || {
	echo 'po/metricsd.pot is not what the sources say: run po/update.sh' >&2
	exit 1
}
for language in po/*.po; do
	if ! msgcmp --use-untranslated "$language" po/metricsd.pot 2>"$scratch/words"; then
		cat "$scratch/words" >&2
		exit 1
	fi
	counts=$(LC_ALL=C msgfmt --check --statistics --output-file=/dev/null "$language" 2>&1)
	case $counts in
	*untranslated* | *fuzzy*)
		echo "$language: $counts" >&2
		exit 1
		;;
	esac
done
