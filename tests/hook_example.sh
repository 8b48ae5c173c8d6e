#!/bin/sh
# The hook that docs/alerts.md shows tells what it is given, and shows its token to nobody: not to ps, not to the log.
#   hook_example.sh PAGE
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export work
token=123456:not-a-token
mkdir "$work/bin" "$work/credentials"
echo "$token" >"$work/credentials/token"

fail() {
	echo "$*" >&2
	exit 1
}

sed -n '/^#!\/bin\/sh$/,/^```$/p' "$1" | sed '$d' >"$work/hook"
grep -q 'api.telegram.org' "$work/hook" || fail "$1 has no hook"
# what each of its programs is started with, and what curl is told besides
cat >"$work/bin/jq" <<'END'
#!/bin/sh
echo "$*" >>"$work/arguments"
exec cat
END
cat >"$work/bin/curl" <<'END'
#!/bin/sh
echo "$*" >>"$work/arguments"
while [ $# -gt 0 ]; do
	[ "$1" != -K ] || cat "$2" >"$work/config"
	shift
done
cat >"$work/body"
exit "${ends:-0}"
END
chmod +x "$work/hook" "$work/bin/"*
export PATH="$work/bin:$PATH" CREDENTIALS_DIRECTORY="$work/credentials"

echo '{"subject": "a trial"}' | "$work/hook" >"$work/log" 2>&1 || fail "it fails: $(cat "$work/log")"
grep -q trial "$work/body" || fail "the alert is not sent"
! grep -qF "$token" "$work/arguments" || fail "ps shows the token: $(cat "$work/arguments")"
! grep -qF "$token" "$work/log" || fail "the log shows the token"
grep -qxF "url = \"https://api.telegram.org/bot$token/sendMessage\"" "$work/config" || fail "another address"
! echo '{}' | ends=22 "$work/hook" || fail "what is not told is told again by nobody"
echo "the example tells, and keeps its token to itself"
