#!/bin/sh
# Holds every #include against the table of rooms: a collector that reaches for a socket, a clock or SQL is noticed here.
# usage: check_rooms.sh SOURCE_DIRECTORY
set -eu
cd "$1"

# room: the libraries it may know (file names or prefixes); those every room may use stand apart
allowed() {
	case $1 in
	include) echo 'cjson/' ;;
	base) echo 'cjson/ unicode/ dlfcn.h fcntl.h grp.h pwd.h sys/file.h sys/stat.h sys/syscall.h linux/capability.h' ;;
	collectors) echo 'cjson/' ;;
	figures) echo 'unicode/' ;;
	report) echo 'unicode/ libintl.h locale.h cjson/ cairo.h xlsxwriter.h' ;;
	store) echo 'sqlite3.h sys/file.h sys/stat.h fcntl.h' ;;
	config) echo 'libconfig.h sys/stat.h fcntl.h dirent.h' ;;
	daemon) echo 'curl/ isa-l/ dirent.h ev.h openssl/ systemd/ cjson/ sys/ fcntl.h signal.h grp.h pwd.h poll.h malloc.h getopt.h pthread.h netinet/ arpa/ netdb.h libgen.h spawn.h syslog.h' ;;
	ctl) echo 'cjson/ openssl/ sys/ fcntl.h dirent.h fts.h ftw.h getopt.h pwd.h poll.h libintl.h locale.h csv.h libgen.h signal.h' ;;
	esac
}
plain='assert.h ctype.h errno.h float.h inttypes.h limits.h math.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h
	stdlib.h string.h strings.h time.h unistd.h wchar.h'
# libraries that only one file of their room may know
only='grp.h:base/access pwd.h:base/access dirent.h:config/disk ev.h:daemon/ curl/:daemon/fetch openssl/:daemon/auth isa-l/:daemon/file pthread.h:daemon/fetch_mail'

status=0
complain() {
	echo "$1" >&2
	status=1
}

for room in include base collectors figures store config report daemon ctl; do
	[ -d $room ] || continue
	for file in $(find $room -name '*.[ch]'); do
		for header in $(sed -n 's/^#include [<"]\([^>"]*\)[>"].*/\1/p' "$file"); do
			case $header in
			metricsd/clock.h)
				case $room in base | daemon | ctl) ;; *)
					complain "$file: $room may not look at the clock" ;;
				esac
				continue ;;
			metricsd/store.h | metricsd/published.h)
				case $room in store | daemon | ctl) ;; *) complain "$file: $room may not see the store" ;; esac
				continue ;;
			metricsd/config.h)
				case $room in config | daemon | ctl) ;; *) complain "$file: $room may not see the configuration" ;; esac
				continue ;;
			metricsd/draft.h)
				case $room in base | store | daemon | ctl) ;; *) complain "$file: $room may not write files" ;; esac
				continue ;;
			metricsd/figure.h | metricsd/verdict.h | metricsd/document.h)
				case $room in include | figures | report | ctl) ;; *) complain "$file: $room may not see figures" ;; esac
				continue ;;
			metricsd/*)
				[ -f "include/$header" ] || complain "$file: no $header"
				continue ;;
			esac
			# a private header of the same room
			[ -f "$room/$header" ] && continue
			found=
			for word in $plain $(allowed $room); do
				case $header in "$word"*) found=1 ;; esac
			done
			[ -n "$found" ] || complain "$file: $room may not know <$header>"
		done
	done
done
for rule in $only; do
	room=${rule#*:}
	for file in $(grep -lE "^#include <${rule%%:*}" -r "${room%%/*}" 2>/dev/null || true); do
		case $file in "${rule#*:}"*) ;; *) complain "$file: only ${rule#*:} may know <${rule%%:*}>" ;; esac
	done
done
# pure rooms: no sleep, no clock, no I/O even without a header of its own
if grep -nE '\b(time|clock_gettime|gettimeofday|sleep|usleep|nanosleep|rand|random|getenv|fopen|open|socket)\(' \
	collectors/*.c figures/*.c 2>/dev/null; then
	complain 'collectors and figures are pure: no clock, no environment, no I/O'
fi
# errors are English whatever the locale is, and say a full disk in one way
if grep -nE '\b(strerror|strerror_r|strerrordesc_np|perror)\(|%m\b' base/*.c collectors/*.c figures/*.c store/*.c config/*.c report/*.c \
	daemon/*.c ctl/*.c | grep -vE '^base/error\.c:|%Y-%m'; then
	complain 'the words of the system are those of system_words() (metricsd/error.h)'
fi
exit $status
