#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sys/kernel/tracing: the kernel's own form of what reclaim does.
#
# Line frame and fields are fact sheet L's; sums over the events must be what
# /proc/vmstat counted.  The kernel's own trace-vmscan-postprocess.pl reads a
# trace where the package linux-source is unpacked or installed
# (POSTPROCESS names the script); only 6.12's knows today's events.

. "${0%/*}/lib.sh"

cat >"$DIR/m.conf" <<'END'
thp = false;
nodes = ( { memory = "64M"; cpus = "0-1"; }, { memory = "64M"; cpus = "2"; } );
disks = ( { name = "nvme0n1"; } );
swap = ( { path = "/dev/nvme0n1p2"; size = "64M"; } );
files = ( { name = "/big"; size = "256M"; } );
END
start -o clock=virtual,seed=3 "$DIR/m.conf"
T=$MNT/sys/kernel/tracing
E=$T/events

is 'it lists' "$(ls "$T" | tr '\n' ' ')" 'available_events available_tracers '\
'current_tracer events set_event trace trace_pipe tracing_on '
is 'systems' "$(ls "$E" | tr '\n' ' ')" 'enable oom vmscan '
is 'an event' "$(ls "$E/vmscan/mm_vmscan_kswapd_wake" | tr '\n' ' ')" \
	'enable format id '
is 'as available_events has them' "$(cd "$E" && ls -d ./*/*/ |
	sed 's,^\./,,; s,/$,,; s,/,:,')" "$(cat "$T/available_events")"
is 'also where it used to be' "$(ls "$MNT/sys/kernel/debug/tracing")" \
	"$(ls "$T")"

# --- switches ---

is 'nothing is enabled' "$(cat "$E/enable" "$E/vmscan/enable" \
	"$E"/*/*/enable | sort -u)" 0
echo 1 >"$E/vmscan/mm_vmscan_kswapd_wake/enable"
is 'one is' "$(cat "$E/enable" "$E/vmscan/enable" "$E/oom/enable" \
	"$T/set_event" | tr '\n' ' ')" 'X X 0 vmscan:mm_vmscan_kswapd_wake '
echo 1 >"$E/oom/enable"
is 'a system is' "$(cat "$E/enable" "$E/vmscan/enable" "$E/oom/enable" |
	tr '\n' ' ')" 'X X 1 '
echo 1 >"$E/enable"
is 'all are' "$(cat "$E/enable" "$E"/*/enable "$E"/*/*/enable | sort -u)" 1
echo 'oom:*' >"$T/set_event"
is 'set_event begins anew' "$(cat "$E/vmscan/enable" "$E/oom/enable" |
	tr '\n' ' ')" '0 1 '
echo 'vmscan' >>"$T/set_event"
is 'or goes on' "$(cat "$E/enable")" 1
echo '!oom:mark_victim' >>"$T/set_event"
is 'or takes away' "$(cat "$E/oom/mark_victim/enable")" 0
echo 0 >"$E/enable"
is 'none is' "$(cat "$E/enable")" 0
for text in '' 2 x -1 '1 1'; do
	refused "enable \"$text\"" 'Invalid argument' "$E/enable" "$text"
	refused "one enable \"$text\"" 'Invalid argument' \
		"$E/oom/mark_victim/enable" "$text"
done
refused 'an event that is none' 'Invalid argument' "$T/set_event" 'vmscan:x'
refused 'a format is not written' 'Invalid argument' \
	"$E/oom/mark_victim/format" 1

# --- format ---

# A field as "type name offset size signed".
format() {
	sed "s/.field:\(.*\);.offset:\(.*\);.size:\(.*\);.signed:\(.\);/\1 \
\2 \3 \4/; s/ID: .*/ID/" "$E/vmscan/$1/format"
}

is 'format' "$(format mm_vmscan_wakeup_kswapd | grep -v '^print')" \
	"name: mm_vmscan_wakeup_kswapd
ID
format:
unsigned short common_type 0 2 0
unsigned char common_flags 2 1 0
unsigned char common_preempt_count 3 1 0
int common_pid 4 4 1

int nid 8 4 1
int zid 12 4 1
int order 16 4 1
unsigned long gfp_flags 24 8 0"
is 'its last line' "$(format mm_vmscan_wakeup_kswapd | sed -n '$s/(R.*//p')" \
	'print fmt: "nid=%d order=%d gfp_flags=%s", REC->nid, REC->order, '
is 'ids differ' "$(cat "$E"/*/*/id | sort | uniq -d)" ''

# --- events ---

lines() {
	grep -v '^#' "$T/trace"
}

counter() {
	awk -v f="$1" '$1 == f { print $2 }' "$MNT/proc/vmstat"
}

work() {
	echo 'name = "hog"; pid = 500; file = "/big";' >"$MNT/sandbox/spawn"
	echo 150M >"$MNT/sandbox/tasks/500/alloc"
	echo 40M >"$MNT/sandbox/tasks/500/dirty"
	echo 10s >"$MNT/sandbox/clock/advance"
	echo 1 >"$MNT/proc/sys/vm/zone_reclaim_mode"
	echo 60M >"$MNT/sandbox/tasks/500/read"
	echo 100M >"$MNT/sandbox/tasks/500/touch"
	echo 10s >"$MNT/sandbox/clock/advance"
}

is 'the header' "$(sed -n 3p "$T/trace")" \
	'# entries-in-buffer/entries-written: 0/0   #P:3'
is 'no event' "$(lines)" ''
echo 1 >"$E/enable"
work
lines >"$DIR/trace"
holds 'many events' "$(wc -l <"$DIR/trace")" -gt 1000
who='^ {0,15}[^ ].{0,15}-[0-9]+ +\[00[0-2]\] \.{5} {1,5}'
is 'the frame' "$(grep -vE "$who[0-9]+\.[0-9]{6}: [a-z_]+: .+" \
	"$DIR/trace" | head -n 3)" ''
is 'time does not go back' "$(sed 's/.*\] \.\.\.\.\. *//; s/: .*//' \
	"$DIR/trace" >"$DIR/times"; sort -n -c "$DIR/times" 2>&1)" ''
is 'as many as it says' "$(sed -n 's/.*written: //p' "$T/trace")" \
	"$(wc -l <"$DIR/trace")/$(wc -l <"$DIR/trace")   #P:3"

# Each line is what the event's format says.
python3 - "$E" "$DIR/trace" <<'END' && pass || bad 'lines follow the formats'
import glob, re, sys
pattern = {}
for path in glob.glob(sys.argv[1] + "/*/*/format"):
    text = open(path).read()
    name = re.search("^name: (.*)$", text, re.M).group(1)
    fmt = re.search('^print fmt: "(.*?)", ', text, re.M).group(1)
    fmt = re.escape(fmt).replace("\\%", "%")
    for was, new in ((r"%\\-8s", "[A-Za-z0-9]+ *"), ("%s", "[^ ]+"),
                     ("%p", "[0-9a-f]{16}"), ("%lx", "[0-9a-f]+"),
                     ("%lu", "[0-9]+"), ("%ld", "-?[0-9]+"),
                     ("%hd", "-?[0-9]+"), ("%u", "[0-9]+"),
                     ("%d", "-?[0-9]+")):
        fmt = fmt.replace(was, new)
    pattern[name] = re.compile(fmt + "$")
seen = set()
for line in open(sys.argv[2]):
    name, rest = line.rstrip("\n").split(": ", 2)[1:]
    if not pattern[name].match(rest):
        sys.exit("%s: %s\nwanted %s" % (name, rest, pattern[name].pattern))
    seen.add(name)
want = {"mm_vmscan_" + n for n in (
    "kswapd_wake", "kswapd_sleep", "wakeup_kswapd", "direct_reclaim_begin",
    "direct_reclaim_end", "lru_isolate", "lru_shrink_inactive",
    "lru_shrink_active", "write_folio", "node_reclaim_begin",
    "node_reclaim_end")}
if not want <= seen:
    sys.exit("never seen: %s" % sorted(want - seen))
END

# sum EVENT FIELD PATTERN: over the lines of that event that match.
sum() {
	grep -E ": $1: .*$3" "$DIR/trace" |
		sed -n "s/.* $2=\([0-9]*\).*/\1/p" |
		awk '{ n += $1 } END { print n + 0 }'
}

# by WHO: scanned or stolen by kswapd, or by others.
scanned() {
	grep -E "$1" "$DIR/trace" | grep 'mm_vmscan_lru_isolate' |
		grep 'lru=inactive' | sed 's/.*nr_scanned=\([0-9]*\).*/\1/' |
		awk '{ n += $1 } END { print n + 0 }'
}

is 'kswapd scanned' "$(scanned '^ *kswapd[01]-')" "$(counter pgscan_kswapd)"
is 'tasks scanned' "$(scanned '^ *hog-')" "$(counter pgscan_direct)"
is 'pages that went' "$(sum mm_vmscan_lru_shrink_inactive nr_reclaimed '')" \
	"$(($(counter pgsteal_kswapd) + $(counter pgsteal_direct)))"
is 'file pages' "$(sum mm_vmscan_lru_shrink_inactive nr_reclaimed WB_FILE)" \
	"$(counter pgsteal_file)"
is 'kswapd ran' "$(grep -c mm_vmscan_kswapd_wake "$DIR/trace")" \
	"$(counter pageoutrun)"
is 'written by reclaim' "$(grep -c mm_vmscan_write_folio "$DIR/trace")" \
	"$(awk '$1 == "nr_vmscan_write" { print $2 }' "$MNT/proc/vmstat")"
is 'begun and ended' \
	"$(grep -c direct_reclaim_begin "$DIR/trace")" \
	"$(grep -c direct_reclaim_end "$DIR/trace")"

# --- the kernel's own script ---

# One script a release of the kernel, as far as they are here.
scripts() {
	if [ -n "${POSTPROCESS-}" ]; then
		echo "$POSTPROCESS"
		return
	fi
	for tar in /usr/src/linux-source-*.tar.xz; do
		[ -f "$tar" ] || continue
		mkdir -p "$DIR/$(basename "$tar")"
		tar -C "$DIR/$(basename "$tar")" --strip-components=4 \
			--occurrence=1 -xJf "$tar" "$(basename "$tar" \
			.tar.xz)/Documentation/trace/postprocess/$pp"
	done
	ls -d "$DIR"/linux-source-*/*.pl \
		/usr/src/linux-source-*/Documentation/trace/postprocess/*vmscan*
}

pp=trace-vmscan-postprocess.pl

# report FILE WHAT: the number behind WHAT in the script's summary.
report() {
	sed -n "s/^$2:[[:space:]]*\([0-9]*\).*/\1/p" "$1"
}

# both WHAT: of direct reclaim and of kswapd.
both() {
	grep -E "^(Direct reclaim|Kswapd|Kswapd reclaim) $1:" "$DIR/report" |
		sed 's/.*:[[:space:]]*//' |
		awk '{ n += $1 } END { print n + 0 }'
}

# Requests to wake kswapd, of processes that have reclaimed directly: others it
# has in no table.
requests() {
	awk '
		{ who = $1 }
		/: mm_vmscan_direct_reclaim_begin: / { direct[who] = 1 }
		/: mm_vmscan_wakeup_kswapd: / { nr[who]++ }
		END {
			for (who in direct)
				sum += nr[who]
			print sum + 0
		}' "$DIR/trace"
}

# Of the table of kswapds: wakes from sleep, and those while it was awake.
wakes() {
	awk '/^kswapd[0-9]+-/ && seen { n += $2 + $3 }
		/Re-wakeup/ { seen = 1 }
		/^Summary/ { seen = 0 }
		END { print n + 0 }' "$DIR/report"
}

read_it=no
for script in $(scripts 2>/dev/null); do
	# It looks for formats on the machine that it runs on.
	sed "s,/sys/kernel/\(debug/\)\?tracing,$T,g" "$script" >"$DIR/pp.pl"
	perl "$DIR/pp.pl" <"$DIR/trace" >"$DIR/report" 2>"$DIR/err"
	is 'it finds all formats' "$(grep 'not found' "$DIR/report")" ''
	# 6.1's asks for names that 6.1 itself no longer had.
	case $script in
	*6.1/* | *6.1.tar.xz/*) continue ;;
	esac
	is 'and can read them' "$(grep WARNING "$DIR/report")" ''
	is 'kswapd scanned' "$(report "$DIR/report" 'Kswapd pages scanned')" \
		"$(counter pgscan_kswapd)"
	is 'kswapd reclaimed' \
		"$(report "$DIR/report" 'Kswapd pages reclaimed')" \
		"$(counter pgsteal_kswapd)"
	is 'direct scanned' \
		"$(report "$DIR/report" 'Direct reclaim pages scanned')" \
		"$(counter pgscan_direct)"
	is 'direct reclaimed' \
		"$(report "$DIR/report" 'Direct reclaim pages reclaimed')" \
		"$(counter pgsteal_direct)"
	for kind in file anon; do
		is "$kind pages scanned" "$(both "$kind pages scanned")" \
			"$(counter pgscan_$kind)"
		is "$kind pages reclaimed" "$(both "$kind pages reclaimed")" \
			"$(counter pgsteal_$kind)"
	done
	is 'direct reclaims' "$(report "$DIR/report" 'Direct reclaims')" \
		"$(grep -c direct_reclaim_begin "$DIR/trace")"
	holds 'kswapd wakes' \
		"$(report "$DIR/report" 'Kswapd wakeups')" -gt 0
	is 'it runs once a wake' "$(wakes)" "$(counter pageoutrun)"
	is 'requests to wake it' \
		"$(report "$DIR/report" 'Wake kswapd requests')" \
		"$(requests)"
	# It looks at the format of mm_vmscan_write_folio, but counts events
	# called mm_vmscan_writepage, as they once were: so this is 0
	# on Linux too.  What is written is compared above.
	is 'pages written, by a name of old' "$(both 'write .* I.O')" 0
	echo "read by $script"
	read_it=yes
done
if [ $read_it = no ]; then
	without "no script of today's kernel here (package linux-source-6.12)"
fi

# --- clear, stop ---

echo >"$T/trace"
is 'cleared' "$(lines)" ''
is 'counted anew' "$(sed -n 's/.*written: //p' "$T/trace")" '0/0   #P:3'
echo 0 >"$T/tracing_on"
echo 100 >"$MNT/proc/500/oom_score_adj"
is 'stopped' "$(cat "$T/tracing_on"; lines)" 0
echo 1 >"$T/tracing_on"
echo 200 >"$MNT/proc/500/oom_score_adj"
is 'goes on' "$(lines | sed 's/.*: oom/oom/')" \
	'oom_score_adj_update: pid=500 comm=hog oom_score_adj=200'
: >"$T/trace"
is 'truncated is cleared' "$(lines)" ''

# --- the pipe ---

echo 300 >"$MNT/proc/500/oom_score_adj"
lines >"$DIR/shown"
is 'nothing to read would block' \
	"$(dd if="$T/trace_pipe" iflag=nonblock bs=4k 2>/dev/null)" \
	"$(cat "$DIR/shown")"
is 'what was read is gone' "$(lines)" ''
timeout 60 head -n 2 "$T/trace_pipe" >"$DIR/pipe" &
reader=$!
until_so test -d "/proc/$reader"
echo 400 >"$MNT/proc/500/oom_score_adj"
echo 500 >"$MNT/proc/500/oom_score_adj"
wait $reader
is 'a reader who waits is woken' "$(sed 's/.*_adj=//' "$DIR/pipe")" '400
500'
python3 - "$T/trace_pipe" "$MNT/proc/500/oom_score_adj" <<'END' && pass ||
import os, select, sys
fd = os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)
p = select.poll()
p.register(fd, select.POLLIN)
if p.poll(0):
    sys.exit("readable before")
open(sys.argv[2], "w").write("600\n")
if not p.poll(60000):
    sys.exit("not woken")
text = b""
while True:
    try:
        text += os.read(fd, 7)
    except BlockingIOError:
        break
if not text.endswith(b"oom_score_adj=600\n") or text.count(b"\n") != 1:
    sys.exit("in pieces of seven: %r" % text)
END
	bad 'poll, and small reads'

# More than the ring holds: the pipe says how many are missing.
echo 0 >"$E/enable"
echo 1 >"$E/oom/oom_score_adj_update/enable"
python3 - "$MNT/proc/500/oom_score_adj" <<'END'
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
for i in range(65536 + 10):
    os.pwrite(fd, b"%d" % (i % 1000), 0)
END
is 'the ring is bounded' "$(sed -n 's/.*written: //p' "$T/trace")" \
	'65536/65550   #P:3'
dd if="$T/trace_pipe" iflag=nonblock bs=64k 2>/dev/null >"$DIR/pipe"
is 'the pipe tells' "$(head -n 1 "$DIR/pipe")" 'CPU:0 [LOST 10 EVENTS]'
is 'once' "$(grep -c LOST "$DIR/pipe")" 1
is 'and has the rest' "$(wc -l <"$DIR/pipe")" 65537

finish
