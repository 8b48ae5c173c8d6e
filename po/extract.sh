#!/bin/sh
# Collects every text for people from the sources.
# usage: extract.sh SOURCE_DIRECTORY > metricsd.pot
set -eu
cd "$1"
# shellcheck disable=SC2046 # file names of ours
xgettext --language=C --from-code=UTF-8 --keyword= --keyword=N_ --keyword=say --keyword=say_count:1,2 --keyword=NN_:1,2 \
	--flag=say:1:pass-c-format --flag=say_count:1:pass-c-format --flag=say_count:2:pass-c-format \
	--add-comments=TRANSLATORS: --sort-by-file --no-location --package-name=metricsd --output=- \
	$(ls base/*.c collectors/*.c report/*.c daemon/*.c ctl/*.c | LC_ALL=C sort)
