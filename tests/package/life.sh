#!/bin/bash
# The life of the package in a booted Debian: installed, configured, collecting, killed, given other secrets, used by a
# member of its group and by nobody else, upgraded over a database of the first schema, removed, purged. Run by boot.sh;
# beside it lie metricsd.deb, newer.deb, metricsd-sim and v1.db.
set -u
cd "$(dirname "$0")" || exit 1
bad=0 count=0
ok() { # WORDS COMMAND…
	local words=$1 said
	shift
	count=$((count + 1))
	if said=$("$@" 2>&1); then
		echo "ok   $words"
	else
		echo "FAIL $words"
		[ -z "$said" ] || sed 's/^/       /' <<<"$said" | tail -5
		bad=$((bad + 1))
	fi
}
no() { ! "$@"; }
says() { # PATTERN COMMAND…
	local pattern=$1 said
	shift
	said=$("$@" 2>&1)
	grep -qE -e "$pattern" <<<"$said" || { echo "$said"; return 1; }
}
within() { # SECONDS COMMAND…
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ ${EPOCHREALTIME/./} -lt $end ] || { "$@"; return 1; }
		sleep 0.1
	done
}
property() { systemctl show -P "$1" metricsd; }
main_pid() { property MainPID | sed 's/^0$/none/'; } # 0 would be everybody here, for kill
another() { # PID: another one than that is READY
	[ "$(systemctl is-active metricsd)" = active ] && [ "$(main_pid)" != "$1" ]
}
as() { # USER COMMAND…
	runuser -u "$1" -- "${@:2}"
}
ctl() { metricsctl "$@"; }
journal() { journalctl -b -q -o cat -u metricsd "$@"; }

# --- installed, not configured
dpkg -i metricsd.deb >install.log 2>&1 || { cat install.log; exit 1; }
for unit in metricsd.service metricsctl-summary.timer metricsctl-pending.timer metricsd-backup.timer; do
	ok "$unit is enabled" systemctl -q is-enabled $unit # of several one would do for it
done
ok "not configured, it waits and says so" says 'not configured yet' journal
ok "... and is not failed" [ "$(systemctl is-active metricsd)" = inactive ]
ok "its pages find the report they show" [ -e /usr/share/doc/metricsd/docs/example-report/informe-2025-Q4.xlsx ]
ok "metricsctl says what lacks" says 'entities is missing' ctl check
ok "its directories are as documented" [ "$(stat -c '%a %U %G' /var/lib/metricsd /etc/metricsd /etc/metricsd/secrets | paste -sd,)" \
	= "2770 metricsd metricsd,750 root metricsd,700 root root" ]

# --- configured
useradd -m -G metricsd ana
useradd -m eva
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n') fresh=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
simulate() { # TOKEN
	[ -z "${simulator:-}" ] || { kill "$simulator"; wait "$simulator" 2>/dev/null; }
	: >simulator.log
	./metricsd-sim --seed 5 --people 300 --page 104000000000001 --instagram 17841400000000001 --settle-days 3 --port "${port:-0}" --token "$1" >simulator.log 2>&1 &
	simulator=$!
	within 5 grep -q '^listening on' simulator.log || exit 1
	port=$(sed -n 's/^listening on //p' simulator.log)
}
simulate "$token"
secret() { install -m 0600 /dev/stdin "/etc/metricsd/secrets/$1"; }
secret meta <<<"$token"
mkdir -p /var/log/nginx /etc/systemd/system/metricsd.service.d
chmod 0755 /var/log/nginx
printf '192.0.2.7 - - [%s] "GET / HTTP/1.1" 200 512 "-" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"\n' \
	"$(date -d yesterday '+%d/%b/%Y:10:00:00 +0000')" "$(date '+%d/%b/%Y:00:00:01 +0000')" >/var/log/nginx/access.log
chown root:adm /var/log/nginx/access.log
chmod 0640 /var/log/nginx/access.log
cat >/etc/metricsd/metricsd.conf <<END
@include "simulada.conf"
collectors: { facebook: { base = "http://127.0.0.1:$port"; }; instagram: { base = "http://127.0.0.1:$port"; }; };
tokens: ( { id = "meta"; kind = "system-user"; credential = "secret_meta"; } );
alerts: { hooks = [ "prueba" ]; };
END
cat >/etc/metricsd/simulada.conf <<END
entities: ( { id = "simulada"; name = "Simulada"; zone = "America/Bogota"; language = "es-CO"; notice = "SIMULADO";
	accounts: (
		{ id = "facebook"; collector = "facebook"; page = "104000000000001"; token = "meta"; },
		{ id = "instagram"; collector = "instagram"; user = "17841400000000001"; token = "meta"; },
		{ id = "sede"; collector = "accesslog"; log = "/var/log/nginx/access.log"; },
		{ id = "x"; collector = "manual"; entered = ["posts", "views"]; } ); } );
END
install -Dm0755 /dev/stdin /etc/metricsd/alert.d/prueba <<END
#!/bin/sh
echo "told by \$(id -un)"
cat
echo
# each by itself: what cannot be looked at must not hide what can
for path in /var/lib/metricsd/metrics.db /var/lib/metricsd/keys /var/lib/metricsd/backups /var/lib/metricsd/published.db \\
	/etc/metricsd/secrets /run/metricsd /run/credentials/metricsd.service; do
	if [ -d "\$path" ]; then ls -A "\$path"; else head -c 1 "\$path"; fi 2>/dev/null | grep -q . && echo "sees \$path"
done
exit 0
END
systemctl -q enable --now metricsd-alert@prueba.path
hook() { journalctl -b -q -o cat -u metricsd-alert@prueba.service; }
# what takes half a minute in a year may take less here
printf '[Service]\nWatchdogSec=2s\nRestartSec=100ms\n' >/etc/systemd/system/metricsd.service.d/quick.conf
systemctl daemon-reload
ok "the configuration is right" ctl check
mkdir -m 2770 /srv/metricsd
(echo 'state_directory = "/srv/metricsd";' && cat /etc/metricsd/metricsd.conf) >other.conf
mount --bind other.conf /etc/metricsd/metricsd.conf
ok "another place than the units know is warned of" says 'know /var/lib/metricsd alone' ctl check
umount /etc/metricsd/metricsd.conf
ok "root collects without the service" metricsd --once sede
ok "... and leaves nothing that is root's" [ -z "$(find /var/lib/metricsd -user root)" ]
ok "started, it is READY" systemctl start metricsd
ok "it says what it does" says 'account' property StatusText
ok "it runs as its own user" [ "$(ps -o user= -p "$(main_pid)")" = metricsd ]
ok "nothing is to be gained in it" says '^CapEff:\s*0+$' grep CapEff "/proc/$(main_pid)/status"
ok "its exposure is at most 1.2" systemd-analyze security --no-pager --threshold=12 metricsd
ok "it collects" within 10 says 'facebook: daily sweep done: .* [1-9][0-9]* new' journal
ok "everything is collected" within 10 ctl collect facebook

# --- a member of the group, and everybody else
ok "a member enters a figure" as ana metricsctl enter x posts 2026-10 46
ok "... under her name" says 'ana' ctl entries
ok "a member reads the summary" says '46' as ana metricsctl summary 2026-10
ok "a member asks the daemon" as ana metricsctl collect facebook
ok "the database stays the group's" [ "$(stat -c '%U %G %a' /var/lib/metricsd/metrics.db)" = "metricsd metricsd 660" ]
systemctl stop metricsd
ok "a member enters while the daemon is down" as ana metricsctl enter x posts 2026-09 38
systemctl start metricsd
ok "... and the daemon goes on with it" within 5 ctl collect facebook
ok "others read no figure" no as eva metricsctl summary 2026-10
ok "others enter none" no as eva metricsctl enter x posts 2026-10 1
ok "others do not ask the daemon" no as eva metricsctl collect facebook
ok "others are told why, without a trace of the configuration" says 'ermission denied|may not' as eva metricsctl summary 2026-10
for who in ana eva; do
	ok "$who reads no secret" no as $who sh -c 'cat /etc/metricsd/secrets/* /run/credentials/metricsd.service/* /run/metricsd/credentials/* 2>/dev/null | grep .'
	ok "$who does not look into the process" no as $who cat "/proc/$(main_pid)/environ"
done

# --- who is told
ok "a trial alert can be sent" ctl alerts --test
ok "... and is told by the hook" within 10 says 'told by metricsd-alert|told by ' hook
ok "... which leaves nothing behind" within 5 no sh -c 'ls /var/lib/metricsd/alerts/prueba/*.json 2>/dev/null | grep .'
ok "... as somebody who sees neither figures nor secrets" no says '^sees |told by (root|metricsd)$' hook
ok "... which somebody who did would have said" says '^sees /var/lib/metricsd/metrics.db$' sh -c '/etc/metricsd/alert.d/prueba </dev/null'
ok "... of the secrets too" says '^sees /etc/metricsd/secrets$' sh -c '/etc/metricsd/alert.d/prueba </dev/null'

# --- other secrets
pid=$(main_pid)
simulate "$fresh"
ok "a refused token is noticed" no ctl collect instagram
ok "... and somebody is told" within 10 says 'token' hook
secret meta <<<"$fresh"
ok "a reload hands the new secret over" systemctl reload metricsd
ok "... which the provider takes" within 5 ctl collect instagram
ok "... without a restart" [ "$(main_pid)" = "$pid" ]
ok "it is the service's alone" [ "$(stat -Lc '%a %U' /run/metricsd/credentials /run/metricsd/credentials/secret_meta | paste -sd,)" = "700 metricsd,400 metricsd" ]
rm /etc/metricsd/secrets/meta
systemctl reload metricsd
ok "a secret that is gone is refused, and the daemon goes on" within 5 says 'secret_meta.*(empty|gone)' journal
secret meta <<<"$fresh"
ok "... until it is there again" systemctl reload metricsd
ok "... and counts" within 5 ctl collect instagram

# --- what somebody else lays before a hook
starts() { hook | grep -c '^Starting'; }
most() { # NUMBER: of its starts, after a while
	sleep 1
	[ "$(starts)" -le "$1" ] || { starts; return 1; }
}
begun=$(starts)
as ana touch /var/lib/metricsd/alerts/prueba/notes
ok "what somebody else lays there starts nothing" most "$begun"
as ana mkdir /var/lib/metricsd/alerts/prueba/x.json
ok "... and what has the name of an alert, not again and again" most $((begun + 1))
rm -r /var/lib/metricsd/alerts/prueba/notes /var/lib/metricsd/alerts/prueba/x.json
systemctl stop metricsd-alert@prueba.service 2>/dev/null # else it tries again in five minutes

# --- killed
pid=$(main_pid)
kill -9 "$pid"
ok "killed, it is there again" within 5 another "$pid"
ok "what a reload brought is gone with it" [ ! -e /run/metricsd/credentials ]
ok "... for the start brought the same" within 5 ctl collect instagram
pid=$(main_pid)
kill -STOP "$pid"
ok "hung, the watchdog has it started again" within 10 another "$pid"
ok "... and says so" says 'Watchdog timeout' journal
ok "neither left a core" no sh -c 'find / -xdev -name "core*" -type f -size +0 -newer install.log ! -path "/proc/*" ! -path "/usr/*" 2>/dev/null | grep .'

# --- the logs of a web server
ok "a log that is adm's is not read" says 'permission: .*access.log' ctl collect sede
install -Dm0644 /usr/share/doc/metricsd/examples/web-logs.conf /etc/systemd/system/metricsd.service.d/web-logs.conf
systemctl daemon-reload
systemctl restart metricsd
ok "with the drop-in it is" within 5 ctl collect sede

# --- what timers start, each once
for timer in /lib/systemd/system/metrics*.timer; do
	timer=$(basename "$timer")
	case $timer in *@*) timer=${timer/@/@simulada} ;; esac
	mkdir -p "/etc/systemd/system/$timer.d"
	printf '[Timer]\nOnCalendar=\nRandomizedDelaySec=0\nPersistent=no\nOnActiveSec=100ms\nAccuracySec=1ms\n' >"/etc/systemd/system/$timer.d/now.conf"
	timers="${timers:-} $timer"
done
systemctl daemon-reload
systemctl -q enable metricsd-report@simulada.timer
systemctl restart $timers
for timer in $timers; do
	service=${timer%.timer}.service
	ended() { [ "$(systemctl show -P ExecMainExitTimestampMonotonic "$1")" != 0 ] && [ "$(systemctl is-active "$1")" != activating ]; }
	ok "$timer starts its service" within 10 ended "$service"
	case $service in
	metricsctl-pending.service) ok "... which ends well" says '^[01]$' systemctl show -P ExecMainStatus "$service" ;;
	*) ok "... which ends well" says '^0$' systemctl show -P ExecMainStatus "$service" ;;
	esac
done
month=$(date -d "$(date +%Y-%m-01) -1 day" +%Y-%m)
ok "the month's summary is there" says 'Simulada' as ana cat "/var/lib/metricsd/reports/simulada-$month.txt"
ok "... and its report" says '<html' as ana head -5 "/var/lib/metricsd/reports/simulada-$month.html"
ok "a backup is there" sh -c 'ls /var/lib/metricsd/backups/* | grep .'
ok "nothing failed" [ -z "$(systemctl --failed --no-legend)" ]

# --- upgraded, over a database of the first schema, which takes longer than the service may to start
systemctl stop metricsd
printf 'TimeoutStartSec=1s\n' >>/etc/systemd/system/metricsd.service.d/quick.conf
rm -f /var/lib/metricsd/metrics.db*
install -o metricsd -g metricsd -m 0660 v1.db /var/lib/metricsd/metrics.db
sum=$(sha256sum </etc/metricsd/metricsd.conf)
ok "the newer package installs" dpkg -i newer.deb
ok "... and starts the daemon" another none
ok "... at once, be it slowly" [ "$(property NRestarts)" = 0 ]
took=$(($(property ActiveEnterTimestampMonotonic) - $(property ExecMainStartTimestampMonotonic)))
[ $took -gt 1000000 ] || echo "     (within the limit: $took us, so it was not tried)"
ok "the configuration is the office's still" [ "$sum" = "$(sha256sum </etc/metricsd/metricsd.conf)" ]
ok "the first schema's figures are there" says 'posts.*39' ctl entries
ok "... and what it was before is kept" sh -c 'ls /var/lib/metricsd/metrics.db.v1-* | grep .'
ok "the migrated database collects" within 10 ctl collect facebook

# --- removed, purged
ok "it can be removed" dpkg -r metricsd
ok "removed, it does not run" [ "$(systemctl is-active metricsd)" = inactive ]
ok "... and starts nothing any more" [ -z "$(systemctl list-units --no-legend 'metricsd*.timer' 'metricsctl*.timer' 'metricsd*.path' --state=active)" ]
ok "... and keeps figures, configuration, secrets" [ -s /var/lib/metricsd/metrics.db -a -s /etc/metricsd/metricsd.conf -a -s /etc/metricsd/secrets/meta ]
ok "it can be installed again" dpkg -i newer.deb
for unit in metricsd.service $timers metricsd-alert@prueba.path; do
	ok "... with $unit" systemctl -q is-active $unit
done
rm /etc/metricsd/alert.d/prueba
ok "it can be purged" dpkg -P metricsd
ok "purged, no figure and no secret is left" [ ! -e /var/lib/metricsd -a ! -e /etc/metricsd/secrets -a ! -e /run/metricsd ]
ok "... but what others put beside the configuration" [ "$(ls /etc/metricsd | paste -sd,)" = simulada.conf ]
ok "... and when timers elapsed last is forgotten" [ -z "$(find /var/lib/systemd -name '*metrics*')" ]
ok "... and the user" id -u metricsd
ok "... and nothing of units" no sh -c 'find /etc/systemd/system /lib/systemd/system -name "metrics*" ! -path "*.d/*" ! -name "*.d" | grep .'
[ -z "${simulator:-}" ] || kill "$simulator"
ok "no secret is in any line of the journal" no sh -c "journalctl -b -q | grep -e $token -e $fresh"

if [ $bad -gt 0 ]; then
	echo "$bad of $count failed; the daemon's last words:"
	journalctl -b -q --no-pager -u metricsd -u metricsctl-summary -u metricsd-backup | tail -40
	exit 1
fi
echo "$count of $count"
