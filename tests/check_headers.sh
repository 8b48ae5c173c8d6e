#!/bin/sh
# Every header compiles alone. usage: check_headers.sh SOURCE_DIRECTORY COMPILER
set -eu
cd "$1"
for header in include/metricsd/*.h; do
	echo "#include \"${header#include/}\"" |
		"$2" -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude -x c -fsyntax-only - ||
		{ echo "$header does not compile alone" >&2; exit 1; }
done
