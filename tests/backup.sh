#!/bin/sh
# What an administrator does with the real programs: a database of the first schema is met and brought up, with every
# figure as the program that made it printed it; collecting goes on; backups while the daemon collects and people enter;
# no token and no key in any of them; a restore, what it says is lost, and the daemon after it.
#
# usage: backup.sh BIN
set -eu
bin=$1
# shellcheck source=tests/programs.sh
. "$(dirname "$0")/programs.sh"
fixtures=$here/fixtures/store

# visitors STATE DAY: the flags of their sample; 2: at least so many
visitors() {
	sqlite3 "$dir/$1/metrics.db" "SELECT s.flags & 2 FROM sample s JOIN series r ON r.id = s.series
		WHERE r.metric = 'visitors' AND r.source = 'accesslog' AND s.days = 1
		AND s.day = $(($(date -u -d "$2" +%s) / 86400))"
}

export TZ=UTC
token=not-a-token
# shellcheck source=fixtures/store/v1_world.sh
. "$fixtures/v1_world.sh"
mkdir -m 2770 "$dir/state"
clock '2026-10-12 15:30'
world
configure
log "$dir/access.log"

# a database of the first schema: who reads is told what to do, who writes brings it up and keeps a copy of it
sqlite3 "$dir/state/metrics.db" <"$fixtures/v1.sql"
ctl summary 2026-Q3 >"$dir/out" 2>&1 && fail "a database of the first schema is read"
grep -q 'schema version 1 and this program wants' "$dir/out" || fail "unclear: $(cat "$dir/out")"
ctl enter x posts 2026-09 39 >/dev/null || fail "the first schema cannot be brought up"
[ "$(sqlite3 "$dir/state/metrics.db.v1-2026-10-12" 'PRAGMA user_version')" = 1 ] || fail "no copy of the first schema"
for period in 2026-Q3 2026-10 2026-08-10..2026-09-20; do
	ctl summary $period --format json >"$dir/$period.json"
	python3 "$here/same_figures.py" "$fixtures/v1-$period.json" "$dir/$period.json" || fail "$period is another"
done
ctl explain facebook viewers 2026-09 --format json >"$dir/explain.json"
python3 "$here/same_figures.py" "$fixtures/v1-explain.json" "$dir/explain.json" || fail "explain says something else"
ctl entries --format json >"$dir/entries.json"
python3 "$here/same_figures.py" "$fixtures/v1-entries.json" "$dir/entries.json" || fail "other entries"
ctl close 2026-08 --show -o "$dir/closed.json" >/dev/null
cmp "$fixtures/v1-closed.json" "$dir/closed.json" || fail "what was signed is another"

# collecting goes on, and people enter, while backups are made
clock '2026-10-14 15:00'
world
configure
log "$dir/access.log"
mkdir "$dir/backups"
start
for _ in 1 2 3; do
	ctl collect >>"$dir/collect.out" 2>&1 &
	collecting=$!
	ctl enter x posts 2026-09 $((40 + $(date +%s) % 50)) >/dev/null || fail "enter while backups are made"
	ctl backup --directory "$dir/backups" --keep 2 >"$dir/out" || fail "backup: $(cat "$dir/out")"
	wait "$collecting" || fail "collect while backups are made: $(cat "$dir/collect.out")"
	sleep 1
done
ctl status --lang en >"$dir/out" || true
grep -q "^The last backup is of 2026-[0-9: -]*: $dir/backups/metrics-.*Z\.db$" "$dir/out" ||
	fail "status does not know of the backup: $(cat "$dir/out")"
[ "$(find "$dir/backups" -type f | wc -l)" = 2 ] || fail "$(ls "$dir/backups"): not two are kept"
for backup in "$dir"/backups/*; do
	[ "$(sqlite3 "$backup" 'PRAGMA integrity_check')" = ok ] || fail "$backup is damaged"
	[ "$(stat -c %a "$backup")" = 640 ] || fail "$backup is not its group's to read"
	grep -qF "$token" "$backup" && fail "the token is in $backup"
	# the key of the log's month, byte by byte
	od -An -v -tx1 "$backup" | tr -d ' \n' >"$dir/hex"
	for key in "$dir"/state/keys/*; do
		grep -q "$(od -An -v -tx1 "$key" | tr -d ' \n')" "$dir/hex" && fail "a key is in $backup"
	done
done
[ -n "$(ls "$dir/state/keys")" ] || fail "there is no key, so none can be in a backup"
grep -q '2026-10-13' "$dir/2026-Q3.json" && fail "what was not collected was known"
[ "$(sql "SELECT count(*) FROM sample WHERE day = $(($(date -u -d 2026-10-13 +%s) / 86400)) AND days = 1")" -gt 0 ] ||
	fail "collecting does not go on"

# while the daemon has it open nothing is restored
backup=$(find "$dir/backups" -type f | sort | tail -1)
ctl restore "$backup" >"$dir/out" 2>&1 && fail "restored under a running daemon"
grep -q 'stop it first' "$dir/out" || fail "unclear: $(cat "$dir/out")"
stop

# what people entered since is told and can be read
ctl enter x posts 2026-07 3 >/dev/null
ctl summary 2026-09 --format json >"$dir/before.json"
ends=0
ctl restore "$backup" --lang en >"$dir/out" 2>&1 || ends=$?
[ $ends = 1 ] || fail "restore ends with $ends: $(cat "$dir/out")"
grep -q 'LOST: 1 entry of people or files' "$dir/out" || fail "not told what is lost: $(cat "$dir/out")"
grep -q 'simulada/sede: the month 2026-10 of its access log is incomplete' "$dir/out" || fail "nothing of the log: $(cat "$dir/out")"
kept=$(sed -n 's/^The old database is kept as \(.*\)\.$/\1/p' "$dir/out")
ctl status --lang en >"$dir/out" || true
grep -q "^The last backup is .*$backup" "$dir/out" || fail "restored, and of another backup: $(cat "$dir/out")"
ctl entries --database "$kept" | grep -q '2026-07-01' || fail "the kept database cannot be read"
ctl entries | grep -q '2026-07-01' && fail "what was entered after the backup is in it"
[ -e "$dir/state/published.db" ] && fail "figures of the old database are published still"
[ -n "$(sql "SELECT 1 FROM lapse WHERE class = 'restored' LIMIT 1")" ] || fail "the lapse is not kept"
ctl summary 2026-09 --format json >"$dir/after.json"
cmp "$dir/before.json" "$dir/after.json" || fail "another September after the restore"

# the daemon goes on with it: the log and its key are still there, so no day of it is lost
clock '2026-11-06 15:00'
world
configure
log "$dir/access.log"
start
ctl collect >"$dir/collect.out" 2>&1 || fail "collect after a restore: $(cat "$dir/collect.out")"
stop
for day in 2026-10-13 2026-10-14 2026-10-15; do
	[ "$(visitors state $day)" = 0 ] || fail "visitors of $day are not exact after a restore"
done

# on another machine there is no key and no log from before: its month is at least so many
mkdir -m 2770 "$dir/other"
sed -i "s|state_directory = .*|state_directory = \"$dir/other\";|" "$dir/metricsd.conf"
sed -i '1,6300d' "$dir/access.log"
ends=0
ctl restore "$backup" >"$dir/out" 2>&1 || ends=$?
[ $ends = 0 ] || fail "restore on another machine ends with $ends: $(cat "$dir/out")"
start
ctl collect >"$dir/collect.out" 2>&1 || fail "collect on another machine: $(cat "$dir/collect.out")"
stop
[ "$(visitors other 2026-10-13)" = 0 ] || fail "visitors of the day before the backup are not what they were"
[ "$(visitors other 2026-10-14)" = 2 ] || fail "visitors of the day of the backup are said to be exact on another machine"
[ "$(visitors other 2026-10-15)" = 0 ] || fail "visitors of a day that is in the log wholly are not exact"
[ "$(sqlite3 "$dir/other/metrics.db" 'PRAGMA integrity_check')" = ok ] || fail "the database on another machine"
grep -qF "$token" "$dir/metricsd.log" && fail "the token is in the log"
echo "a first schema brought up, backups under load, restored here and elsewhere"
