#!/bin/sh
# The real daemon against the simulators over HTTP: killed again and again while it collects, a week of downtime,
# a dead token and its replacement; then every figure against the truth, and no secret in any line.
#
# usage: end_to_end.sh BIN
set -eu
bin=$1
# shellcheck source=tests/programs.sh
. "$(dirname "$0")/programs.sh"

token=$(random)
page=104000000000001 instagram=17841400000000001
options="--seed 11 --people 400 --page $page --instagram $instagram --matomo 1:America/Bogota --settle-days 3"

# world OFFSET [OPTIONS]: the simulators, so many seconds from now, which is everybody's clock from here on
world() {
	METRICSD_CLOCK_OFFSET=$1
	export METRICSD_CLOCK_OFFSET
	shift
	# shellcheck disable=SC2086 # a list of words
	simulate $options --page-limit 5 --empty-pages 4 --token "$token" --matomo-token "$token" "$@"
	cat >"$dir/metricsd.conf" <<-END
		state_directory = "$dir/state";
		control = "$dir/control";
		collectors: {
			facebook: { base = "http://127.0.0.1:$port"; };
			instagram: { base = "http://127.0.0.1:$port"; };
			matomo: { base = "http://127.0.0.1:$port"; };
		};
		tokens: ( { id = "meta"; kind = "system-user"; file = "$dir/token"; }, { id = "matomo"; file = "$dir/token"; } );
		entities: ( { id = "simulada"; name = "Simulada"; zone = "America/Bogota"; language = "es-CO"; notice = "SIMULADO";
			accounts: (
				{ id = "facebook"; collector = "facebook"; page = "$page"; token = "meta"; },
				{ id = "instagram"; collector = "instagram"; user = "$instagram"; token = "meta"; },
				{ id = "web"; collector = "matomo"; site = "1"; token = "matomo"; } ); } );
	END
}

mkdir -m 0700 "$dir/state"
(umask 077 && echo "$token" >"$dir/token")
day=86400
# so that a whole month lies before the week of downtime: the 12th of this month, last month is complete
offset=$(($(date -u -d "$(date -u +%Y-%m-12) 15:00" +%s) - $(date +%s)))
world "$offset" --latency-ms 15

# killed at random points, twelve times; then it goes on where it was
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
	launch
	sleep "0.$(od -An -N1 -tu1 /dev/urandom | awk '{ printf "%03d", 30 + $1 }')"
	stop -9
done
[ "$(sql 'PRAGMA integrity_check')" = ok ] || fail "the database after kill -9"
start
ctl collect >"$dir/collect.out" || fail "collect: $(cat "$dir/collect.out")"
month=$(date -u -d "$(date -u +%Y-%m-01) -1 month" +%Y-%m)
# shellcheck disable=SC2086
"$here/sim/against_truth.sh" "$bin" "$dir/metricsd.conf" "$month" $options

# the same again changes nothing
before=$(sql 'SELECT (SELECT count(*) FROM sample), (SELECT count(*) FROM revision), (SELECT count(*) FROM origin), (SELECT count(*) FROM item)')
ctl collect >/dev/null || fail "collect again"
after=$(sql 'SELECT (SELECT count(*) FROM sample), (SELECT count(*) FROM revision), (SELECT count(*) FROM origin), (SELECT count(*) FROM item)')
[ "$before" = "$after" ] || fail "collecting twice: $before became $after"
stop

# a week of downtime: what lacks is asked for without a word from anybody
world $((offset + 7 * day))
start
days="SELECT count(DISTINCT s.day) FROM sample s JOIN series r ON r.id = s.series WHERE r.metric = 'visits' AND s.days = 1 AND r.source = "
from=$(date -u -d "$(date -u +%Y-%m-12)" +%s)
wanted="$days 'matomo' AND s.day BETWEEN $((from / day)) AND $((from / day + 6))"
made_up() {
	[ "$(sql "$wanted")" = 7 ]
}
await "the week is not made up for" made_up
stop

# the token dies: nothing is asked with it any more; replaced, it goes on by itself
world $((offset + 8 * day)) --dead-token 463,+0
start
ctl collect >"$dir/collect.out" && fail "collecting with a dead token"
ctl status >"$dir/status.out" && fail "status finds nothing wrong"
grep -qi 'token' "$dir/status.out" || fail "status does not speak of the token: $(cat "$dir/status.out")"
stop
world $((offset + 8 * day + 600))
sleep 1 # another second, another file
(umask 077 && echo "$token" >"$dir/token.new" && mv "$dir/token.new" "$dir/token")
start
ctl collect >"$dir/collect.out" || fail "after the token was replaced: $(cat "$dir/collect.out")"
# shellcheck disable=SC2086
"$here/sim/against_truth.sh" "$bin" "$dir/metricsd.conf" "$month" $options
stop

[ "$(sql 'PRAGMA integrity_check')" = ok ] || fail "the database at the end"
grep -rl "$token" "$dir" | grep -vx "$dir/token" && fail "the token stands in one of these files"
grep -l 'access_token' "$dir/metricsd.log" "$dir"/*.out && fail "a paging address in one of these files"
echo "killed 12 times, a week down, a dead token: nothing lost, nothing doubled"
