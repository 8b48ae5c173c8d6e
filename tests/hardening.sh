#!/bin/sh
# Holds programs against what docs/security.md says they are built with. Says what lacks, and fails.
#   hardening.sh PROGRAM…
set -eu
status=0

one() {
	program=$1
	header=$(readelf -hlW "$program")
	dynamic=$(readelf -dW "$program")
	symbols=$(readelf --dyn-syms -W "$program")
	lacks() {
		echo "$program: $1" >&2
		status=1
	}
	said() { # TEXT PATTERN
		printf '%s\n' "$1" | grep -qE "$2"
	}

	said "$header" 'Type: +DYN' && said "$dynamic" 'FLAGS_1.*PIE' || lacks 'no position-independent executable'
	said "$header" 'GNU_RELRO' && said "$dynamic" 'BIND_NOW|FLAGS_1.*NOW' || lacks 'not fully RELRO'
	said "$header" 'GNU_STACK .* RW +0x' || lacks 'an executable stack'
	said "$header" 'LOAD .* RWE ' && lacks 'a segment both writable and executable'
	said "$dynamic" 'RPATH|RUNPATH' && lacks 'a path to libraries of its own'
	said "$dynamic" 'TEXTREL' && lacks 'code that is relocated'
	said "$symbols" '__stack_chk_fail' || lacks 'no stack protector'
	said "$symbols" '__(snprintf|fprintf|memcpy|vsnprintf|read)_chk' || lacks 'no FORTIFY_SOURCE'
	case $(uname -m) in
	x86_64)
		code=$(objdump -d --no-show-raw-insn "$program")
		# the start files of the C library bring four of their own
		[ "$(printf '%s\n' "$code" | grep -c endbr64)" -gt 50 ] ||
			lacks 'indirect jumps may land anywhere (no -fcf-protection)'
		said "$code" 'or[lq] +\$0x0,.*\(%rsp' || lacks 'large frames are not probed (no -fstack-clash-protection)'
		;;
	esac
}

for program; do
	[ -f "$program" ] || { echo "$program is not there" >&2; exit 2; }
	one "$program"
done
[ $status -eq 0 ] && echo "PIE, full RELRO, FORTIFY_SOURCE, stack protector, stack probes, CET: $*"
exit $status
