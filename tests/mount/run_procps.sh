#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run: procps-ng's own tests say the same inside as outside.
#
# They come with the package's source, and try the programs that are
# installed.  What a program cannot do on this host it need not do inside;
# what it can it must.

. "${0%/*}/lib.sh"
. "${0%/*}/run_lib.sh"

command -v runtest >/dev/null || skip 'no dejagnu'
command -v cc >/dev/null || skip 'no compiler'

# The source, by lists of its own: most systems have none for sources.
release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
	2>/dev/null | head -n 1)
mkdir -p "$DIR/apt/lists/partial" "$DIR/apt/cache/archives/partial"
echo "deb-src $mirror $release main" >"$DIR/apt/sources.list"
sources() {
	apt-get -q -o Dir::Etc::sourcelist="$DIR/apt/sources.list" \
		-o Dir::Etc::sourceparts=- -o APT::Sandbox::User=root \
		-o Dir::State::lists="$DIR/apt/lists" \
		-o Dir::Cache="$DIR/apt/cache" "$@" >"$DIR/apt/log" 2>&1
}
cd "$DIR/apt" || exit 1
sources update && sources source --download-only procps &&
	tar -xf procps_*.orig.tar.* ||
	skip "no source of procps: $(tail -n 1 log)"
top=$(echo "$DIR"/apt/procps-*)

# A build tree of the programs that are installed, and the tests' helpers.
mkdir -p "$top/src/ps"
for tool in free pgrep pkill pmap sysctl uptime vmstat; do
	path=$(command -v $tool) || skip "no $tool"
	ln -s "$path" "$top/src/$tool"
done
ln -s "$(command -v ps)" "$top/src/ps/pscommand"
for helper in process shm; do
	cc -D_GNU_SOURCE -DPACKAGE_STRING='""' -I"$top/local" \
		-I"$top/include" -o "$top/src/tests/test_$helper" \
		"$top/src/tests/test_$helper.c" 2>"$DIR/cc" ||
		skip "no helper: $(head -n 1 "$DIR/cc")"
done
cc -D_GNU_SOURCE -o "$top/testsuite/test-schedbatch" \
	"$top/testsuite/ps.test/test-schedbatch.c" 2>/dev/null

cat >"$DIR/suite.sh" <<'END'
cd "$1/testsuite"
for tool in free vmstat sysctl ps pgrep pkill pmap uptime; do
	runtest --tool $tool --srcdir "$PWD" --objdir "$PWD" -all 2>/dev/null |
		sed -n "s/^\([A-Z]*\): /$tool \1 /p"
done
END
sh "$DIR/suite.sh" "$top" </dev/null | grep -v ' WARNING ' >"$DIR/outside"
cd /
# In a session of its own: that of the caller has no number inside.
run -- setsid -w sh "$DIR/suite.sh" "$top" </dev/null 2>"$DIR/err" |
	grep -v ' WARNING ' >"$DIR/inside"

holds 'they have run' "$(grep -c ' PASS ' "$DIR/outside")" -gt 40
names() {
	sed 's/ [A-Z]* / /' "$1" | sort
}
names "$DIR/outside" >"$DIR/outside.names"
names "$DIR/inside" >"$DIR/inside.names"
is 'the same tests' "$(diff "$DIR/outside.names" "$DIR/inside.names")" ''
grep ' PASS ' "$DIR/outside" | while IFS= read -r line; do
	grep -qxF -- "$line" "$DIR/inside" || echo "$line"
done >"$DIR/worse"
is 'all that pass outside pass inside' "$(cat "$DIR/worse")" ''
echo "procps-ng: $(grep -c ' PASS ' "$DIR/inside") of $(wc -l \
	<"$DIR/inside") pass inside, $(grep -c ' PASS ' "$DIR/outside") outside"

finish_run
