#!/bin/sh
# Brings metricsd.pot and the languages up to the sources; what is new is then to be translated.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/extract.sh" "$here/.." >"$here/metricsd.pot"
for language in "$here"/*.po; do
	msgmerge --quiet --update --backup=none --no-fuzzy-matching --no-location "$language" "$here/metricsd.pot"
done
