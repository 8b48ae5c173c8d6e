#!/bin/bash
# The package's life under a real systemd. Under half a minute once there is a base tree; 77 where none can be booted.
#   test.sh FILE.deb SIMULATOR
set -eu
here=$(cd "$(dirname "$0")" && pwd)
package=$1 simulator=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$package" "$work/metricsd.deb"
cp "$simulator" "$work/metricsd-sim"
sqlite3 "$work/v1.db" <"$here/../fixtures/store/v1.sql"
# it grew for years: what was said before, and replaced
sqlite3 "$work/v1.db" "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
	WITH RECURSIVE n (days) AS (SELECT 2 UNION ALL SELECT days + 1 FROM n WHERE days < 1000)
	INSERT INTO revision SELECT d.day, s.id, n.days, 2, 7, 1, 0, 0, 0 FROM
	(SELECT DISTINCT day FROM sample WHERE days = 1) d CROSS JOIN (SELECT id FROM series LIMIT 20) s CROSS JOIN n" >"$work/sql.log"
# the same as a later version
dpkg-deb -R "$package" "$work/newer"
sed -i 's/^Version: .*/&+newer/' "$work/newer/DEBIAN/control"
dpkg-deb --root-owner-group -b "$work/newer" "$work/newer.deb" >/dev/null

# what it stands on, and what the simulator does
depends=$(dpkg-deb -f "$package" Depends Pre-Depends | sed 's/^[A-Za-z-]*: //' | tr ',' '\n' | sed 's/[|(:].*//' | xargs)
"$here/boot.sh" "$depends libmicrohttpd12" "$here/life.sh" "$work/metricsd.deb" "$work/newer.deb" "$work/metricsd-sim" "$work/v1.db"
