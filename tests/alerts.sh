#!/bin/sh
# The real daemon, a token that dies and is replaced, a real SMTP server and a hook: one mail for all accounts, one
# for the end, the same for the hook; the note of what still lacks; a trial; a server that is away; a database that is
# none.
#
# usage: alerts.sh BIN TESTS
set -eu
bin=$1
tests=$2
# shellcheck source=tests/programs.sh
. "$(dirname "$0")/programs.sh"

token=$(random)
pages="104000000000001 104000000000002 104000000000003 104000000000004"
accounts=
world="--seed 11 --people 400"
for page in $pages; do
	world="$world --page $page"
	accounts="$accounts${accounts:+,} { id = \"p${page#10400000000000}\"; collector = \"facebook\"; page = \"$page\"; token = \"meta\"; }"
done

# meta [OPTIONS]
meta() {
	# shellcheck disable=SC2086 # a list of words
	simulate $world --token "$token" "$@"
	graph=$port
}

# serve [ANSWER-TO-MAIL-FROM]
serve() {
	: >"$dir/server.log"
	"$tests/smtp-server" "$dir/mails" "$dir/commands" "$@" >"$dir/server.log" 2>&1 &
	server=$!
	await "the SMTP server does not start" port_of "$dir/server.log"
	smtp=$port
}

configure() {
	cat >"$dir/metricsd.conf" <<-END
		state_directory = "$dir/state";
		control = "$dir/control";
		alerts: {
			language = "en";
			hooks = ["siren"];
			mail: { server = "smtp://127.0.0.1:$smtp"; from = "metricsd@example.org"; to = ["ana@example.org"]; };
		};
		collectors: { facebook: { base = "http://127.0.0.1:$graph"; }; };
		tokens: ( { id = "meta"; kind = "system-user"; file = "$dir/token"; } );
		entities: ( { id = "simulada"; name = "Simulada"; zone = "America/Bogota"; language = "en";
			accounts: ( $accounts, { id = "office"; collector = "manual"; entered = ["followers"]; } ); } );
	END
}

mails() {
	[ "$(grep -c '^=====$' "$dir/mails" 2>/dev/null || true)" = "$1" ]
}

files() {
	[ "$(find "$dir/state/alerts/siren" -name '*.json' 2>/dev/null | wc -l)" = "$1" ]
}

mkdir -m 0700 "$dir/state"
(umask 077 && echo "$token" >"$dir/token")
meta
serve
configure
start
ctl collect >"$dir/collect.log" || fail "collect"

# a trial, which is no alert
ctl alerts --test >"$dir/out" || fail "the trial: $(cat "$dir/out")"
grep -qx 'mail: told' "$dir/out" && grep -qx 'hook:siren: told' "$dir/out" || fail "the trial says: $(cat "$dir/out")"
mails 1 || fail "no mail of the trial"
ctl alerts >"$dir/out" || fail "the trial is an alert: $(cat "$dir/out")"

# the token dies: one mail and one file, for four accounts, however often they are asked
stop
meta --dead-token 463,+0
configure
start
ctl collect >"$dir/collect.log" && fail "collecting with a dead token"
await "no mail of the dead token" mails 2
await "no file of the dead token" files 2
ctl collect >"$dir/collect.log" && fail "collecting with a dead token"
stop
start
ctl collect >"$dir/collect.log" && fail "collecting with a dead token"
sleep 2
mails 2 || fail "told twice: $(grep ^Subject "$dir/mails")"
grep -q '^Subject: metricsd: the token meta is refused$' "$dir/mails" || fail "what mail is that?"
grep -q 'It hits 4 accounts' "$dir/mails" || fail "the accounts are not named"
ctl alerts >"$dir/out" && fail "no alert lasts"
grep -q 'the token meta is refused' "$dir/out" || fail "the list says: $(cat "$dir/out")"
grep -q 'mail · its beginning: told' "$dir/out" || fail "the list says: $(cat "$dir/out")"

# the hook's program takes what it can
mkdir "$dir/programs"
cat >"$dir/programs/siren" <<-END
	#!/bin/sh
	cat >>"$dir/heard"
	! grep -q '"event":"began"' "$dir/heard"
END
chmod +x "$dir/programs/siren"
sh "$here/../systemd/alert-hook.in" siren "$dir/state/alerts" "$dir/programs" 2>/dev/null && fail "a program that fails"
files 1 || fail "the trial's file stays, or the alert's does not"
printf '#!/bin/sh\ncat >>"%s"\n' "$dir/heard" >"$dir/programs/siren"
sh "$here/../systemd/alert-hook.in" siren "$dir/state/alerts" "$dir/programs" || fail "the hook"
files 0 || fail "what the hook took stays"
grep -q '"cause":"token:meta"' "$dir/heard" || fail "the hook heard: $(cat "$dir/heard")"

# another secret: the end is told, once
stop
meta
configure
sleep 1 # another second, another file
(umask 077 && echo "$token" >"$dir/token.new" && mv "$dir/token.new" "$dir/token")
start
ctl collect >"$dir/collect.log" || fail "after the token was replaced: $(cat "$dir/collect.log")"
await "no mail of the end" mails 3
grep -q '^Subject: metricsd: over: the token meta is refused$' "$dir/mails" || fail "what mail is that?"
grep -q '^References: <metricsd\.' "$dir/mails" || fail "the end does not name its beginning"
await "no file of the end" files 1

# what still lacks, once a month, also while no daemon runs
stop
month=$(date -u +%Y-%m)
ctl pending "$(date -u -d "$month-01 -1 month" +%Y-%m)" --tell >"$dir/out" 2>&1 || fail "the note: $(cat "$dir/out")"
grep -q 'told once one runs' "$dir/out" || fail "the note says: $(cat "$dir/out")"
start
await "no mail of the note" mails 4
grep -q '^Subject: metricsd: what still lacks of ' "$dir/mails" || fail "what mail is that?"
ctl pending "$(date -u -d "$month-01 -1 month" +%Y-%m)" --tell >"$dir/out" || fail "the note again"
grep -q 'was told this month' "$dir/out" || fail "the note says: $(cat "$dir/out")"

# a server that is away keeps nobody from collecting, and is tried again
kill "$server"
wait "$server" 2>/dev/null || true
server=
ctl alerts --test >"$dir/out" && fail "a trial without a server"
ctl collect >/dev/null || fail "collecting without a mail server"
sleep 1
mails 4 || fail "told twice: $(grep ^Subject "$dir/mails")"
stop

# a database that cannot be opened: told before the daemon ends, once however often it is started
serve
configure
mv "$dir/state/metrics.db" "$dir/kept.db"
for _ in $(seq 64); do printf 'this is no database'; done >"$dir/state/metrics.db"
for _ in 1 2; do
	status=0
	"$bin/metricsd" -c "$dir/metricsd.conf" 2>>"$dir/metricsd.log" || status=$?
	[ $status = 3 ] || fail "a database that is none: $status"
	mails 5 || fail "its alert: $(grep ^Subject "$dir/mails")"
done
grep -q '^Subject: metricsd: the database cannot be written' "$dir/mails" || fail "what mail is that?"
mv "$dir/kept.db" "$dir/state/metrics.db"
start
await "no mail of its end" mails 6
stop

# a configuration that cannot be understood: told once, too, and its end
cp "$dir/metricsd.conf" "$dir/kept.conf"
echo 'what = "is that";' >>"$dir/metricsd.conf"
for _ in 1 2; do
	status=0
	"$bin/metricsd" -c "$dir/metricsd.conf" 2>>"$dir/metricsd.log" || status=$?
	[ $status = 1 ] || fail "a configuration with a mistake: $status"
	mails 7 || fail "its alert: $(grep ^Subject "$dir/mails")"
done
[ "$(grep -c '^Subject: metricsd: the configuration is wrong: nothing is collected' "$dir/mails")" = 1 ] ||
	fail "what mail is that?"
mv "$dir/kept.conf" "$dir/metricsd.conf"
start
await "no mail of its end" mails 8
stop
grep '^Message-ID' "$dir/mails" | tr -d '\r' | sed 's/^[^:]*: //' | sort >"$dir/ids"
sed -n 's/^References: //p' "$dir/mails" | tr -d '\r' | sort -u | comm -23 - "$dir/ids" >"$dir/out"
[ -s "$dir/out" ] && fail "ends that refer to nothing: $(cat "$dir/out")"

# wrong again on the same day: not told, nor its end, and nobody waits for that
echo 'what = "is that";' >>"$dir/metricsd.conf"
status=0
timeout 20 "$bin/metricsd" -c "$dir/metricsd.conf" 2>>"$dir/metricsd.log" || status=$?
[ $status = 1 ] || fail "a configuration with a mistake, again: $status"
sed -i '$d' "$dir/metricsd.conf"
start
sleep 2
mails 8 || fail "told twice a day: $(grep ^Subject "$dir/mails")"
stop

[ "$(sql 'SELECT count(*) FROM alert')" = 4 ] || fail "not four alerts"
grep -rl "$token" "$dir" | grep -vx "$dir/token" && fail "the token stands in one of these files"
echo "a dead token of four accounts: one mail, one file, one end"
