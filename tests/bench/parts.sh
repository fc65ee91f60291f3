# SPDX-License-Identifier: MIT
#
# parts.sh - what is measured, part by part.
#
# Sourced by tests/bench/run.sh (bash), which sets:
#	program	reclaimfs			bench	where bench-* are
#	work	a directory for mounts		smoke	--smoke, or nothing
#	core	the processor that is measured on
#
# A part prints lines "key<TAB>figure<TAB>how it came about".

say() {
	printf '%s\t%s\t%s\n' "$1" "$2" "$3"
}

# calc EXPRESSION: awk's arithmetic.
calc() {
	awk "BEGIN { printf \"%.4g\", $1 }"
}

pinned() {
	taskset -c "$core" "$@"
}

# Times that something is repeated: FULL, or once.
repeat() {
	if [ -n "$smoke" ]; then echo 1; else echo "$1"; fi
}

bench_unmount_all() {
	local where

	awk -v dir="$work/" 'index($5, dir) == 1 { print $5 }' \
		/proc/self/mountinfo | while read -r where; do
		fusermount3 -u "$where" || umount -l "$where"
	done
}

# mount_program NAME OPTIONS [MACHINE]: at $work/NAME.
mount_program() {
	mkdir -p "$work/$1"
	# shellcheck disable=SC2086 # an option list may be empty
	"$program" mount ${2:+-o $2} ${3:+"$3"} "$work/$1"
}

mount_floor() {
	mkdir -p "$work/$1"
	"$bench/bench-floor" "$work/$1" 54 number=3 "${@:2}"
}

drop_mount() {
	fusermount3 -u "$work/$1"
}

server_of() {
	pgrep -f "reclaimfs mount .*$work/$1\$" | head -n 1
}

# CPU time that process $1 has used, in ticks of 10 ms.
cpu_ticks() {
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

now_s() {
	date +%s.%N
}

files() {
	pinned "$bench/bench-files" -r "$(repeat 11)" -n "$(repeat 300)9" "$@"
}

# --- parts ------------------------------------------------------------------

# Server and client on one core.
part_files() {
	local m=$work/files f=$work/floor

	pinned "$program" mount "$(mkdir -p "$m" && echo "$m")" || return
	mkdir -p "$f"
	pinned "$bench/bench-floor" "$f" \
		"$(find "$m/proc/sys/vm" -type f | wc -l)" number=3 \
		"meminfo=$(wc -c <"$m/proc/meminfo")" \
		"vmstat=$(wc -c <"$m/proc/vmstat")" \
		"zoneinfo=$(wc -c <"$m/proc/zoneinfo")" || return
	files file-swappiness orc "$f/number" "$m/proc/sys/vm/swappiness"
	files file-meminfo orc "$f/meminfo" "$m/proc/meminfo"
	files file-write write "$f/number" "$m/proc/sys/vm/swappiness"
	files file-readdir dir "$f/dir" "$m/proc/sys/vm"
	files text-meminfo pread "$f/meminfo" "$m/proc/meminfo"
	files text-vmstat pread "$f/vmstat" "$m/proc/vmstat"
	files text-zoneinfo pread "$f/zoneinfo" "$m/proc/zoneinfo"
	drop_mount floor
	drop_mount files
}

p99() {
	pinned "$bench/bench-files" -n "$(repeat 1500)9" "$1" p99 \
		"$work/busy/proc/meminfo" "$work/busy/proc/vmstat"
}

reclaimed() {
	awk '/^pgsteal_(kswapd|direct) / { n += $2 } END { print n }' \
		"$work/busy/proc/vmstat"
}

# The client on one core, the server where it likes.
part_busy() {
	local idle busy before after i

	mount_program busy '' || return
	idle=$(p99 idle)
	for i in 1 2 3 4; do
		echo "name = \"stream$i\"; file = \"/data/$i\";" \
			'file_size = "20G"; workload = (' \
			'{ pattern = "sequential"; target = "file"; } );' \
			>"$work/busy/sandbox/spawn" || return
	done
	for i in $(seq 100); do
		if [ "$(reclaimed)" -gt 100000 ]; then
			break
		fi
		sleep 0.2
	done
	before=$(reclaimed)
	busy=$(p99 busy)
	after=$(reclaimed)
	busy=$(cut -f 2- <<<"$busy" | tr '\t' ' ')
	idle=$(cut -f 2- <<<"$idle" | tr '\t' ' ')
	say busy "$(calc "${busy%% *} / ${idle%% *}")" \
		"$busy; idle $idle; $((after - before)) pages reclaimed"
	drop_mount busy
}

# Calls of "$@" whenever a line comes, as many as it says: in us each.
COMMAND_LOOP='while read -r n; do
		s=${EPOCHREALTIME/./}
		for ((i = 0; i < n; i++)); do "$@" >/dev/null 2>&1; done
		echo $(((${EPOCHREALTIME/./} - s) / n))
	done'

# compare_command KEY MACHINE COMMAND...: a few calls there, a few here, by
# turns, from two shells that stay.
compare_command() {
	local key=$1 machine=$2 n r ours theirs
	shift 2

	rm -f "$work"/{ours,theirs}.{in,out}
	mkfifo "$work"/{ours,theirs}.{in,out} || return
	pinned bash -c "$COMMAND_LOOP" - "$@" \
		<"$work/theirs.in" >"$work/theirs.out" &
	pinned "$program" run -m "$machine" -- bash -c "$COMMAND_LOOP" - "$@" \
		<"$work/ours.in" >"$work/ours.out" &
	exec 5>"$work/theirs.in" 6<"$work/theirs.out" \
		7>"$work/ours.in" 8<"$work/ours.out"
	n=$(repeat 4)
	for r in $(seq "$(repeat 25)"); do
		echo "$n" >&5 && read -r theirs <&6 &&
			echo "$n" >&7 && read -r ours <&8 || return
		echo "$(calc "$ours / $theirs") $ours $theirs"
	done | sort -g | awk -v key="$key" '
		{ line[NR] = $0 }
		END {
			if (!NR)
				exit 1
			split(line[int((NR + 1) / 2)], v)
			printf "%s\t%s\t%d us against %d us\n", key, v[1],
				v[2], v[3]
		}'
	r=$?
	exec 5>&- 6<&- 7>&- 8<&-
	wait
	return $r
}

# The default machine, with as many tasks more as the host has processes.
part_commands() {
	local more machine=$work/tasks.conf

	more=$(($(ps ax | wc -l) - $("$program" run -- ps ax | wc -l)))
	# behind those that say what their number is
	awk -v n="$more" '
		/^tasks = \(/ { inside = 1 }
		inside && /^\)/ {
			for (i = 0; i < n; i++)
				printf ",{ name = \"t%d\"; rss = \"1M\"; }\n",
					i
			inside = 0
		}
		{ print }' examples/machines/default.conf >"$machine"
	compare_command command-sysctl "$machine" sysctl -a -r '^vm\.' &&
		compare_command command-free "$machine" free &&
		compare_command command-vmstat "$machine" vmstat -s &&
		compare_command command-ps "$machine" ps aux
}

# As it is installed, or unpacked here from its package.
find_lxcfs() {
	if command -v lxcfs; then
		return
	fi
	(cd "$work" && apt-get download lxcfs && dpkg -x lxcfs_*.deb lxcfs) \
		>/dev/null 2>&1
	find "$work/lxcfs" -path "*/bin/lxcfs" 2>/dev/null | head -n 1
}

part_lxcfs() {
	local lxcfs m=$work/lxc libs pid i

	lxcfs=$(find_lxcfs)
	if [ -z "$lxcfs" ]; then
		echo "lxcfs cannot be had; its row stays empty" >&2
		return 0
	fi
	libs=$(find "$work/lxcfs" /usr/lib -name liblxcfs.so 2>/dev/null |
		head -n 1)
	libs=${libs%/*}
	mkdir -p "$m"
	LD_LIBRARY_PATH=$libs pinned "$lxcfs" -p "$work/lxcfs.pid" "$m" \
		>"$work/lxcfs.log" 2>&1 &
	pid=$!
	for i in $(seq 50); do
		if [ -r "$m/proc/meminfo" ]; then
			break
		fi
		sleep 0.1
	done
	mkdir -p "$work/files"
	pinned "$program" mount "$work/files" || return
	if [ -r "$m/proc/meminfo" ]; then
		pinned "$bench/bench-files" -r "$(repeat 11)" lxcfs orc \
			"$work/files/proc/meminfo" "$m/proc/meminfo"
	else
		echo "lxcfs does not start here: $(tail -n 1 \
			"$work/lxcfs.log")" >&2
	fi
	drop_mount files
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return 0
}

part_engine() {
	local rounds=()

	if [ -n "$smoke" ]; then
		rounds=(--smoke)
	fi
	pinned "$bench/bench-engine" "${rounds[@]}" touch reclaim metadata &&
		pinned "$bench/bench-engine" "${rounds[@]:---rounds}" \
			${smoke:-3} cache fill &&
		"$bench/bench-engine" "${rounds[@]}" kswapds
}

# Virtual seconds for each of CPU time.
sim_world() {
	local span pid before

	span=$(repeat 600)
	mount_program sim clock=virtual || return
	pid=$(server_of sim)
	before=$(cpu_ticks "$pid")
	echo "${span}s" >"$work/sim/sandbox/clock/advance" || return
	say sim-world "$(calc "$span / (($(cpu_ticks "$pid") - $before) \
		/ 100 + 0.005)")" "$span virtual seconds from the start"
	drop_mount sim
}

# Percent of a core, from its start on, and paused.
live() {
	local span pid before

	span=$(repeat 10)
	mount_program live '' || return
	pid=$(server_of live)
	before=$(cpu_ticks "$pid")
	sleep "$span"
	say live-idle "$(calc "($(cpu_ticks "$pid") - $before) / $span")" \
		"percent of a core over $span s"
	echo paused >"$work/live/sandbox/clock/state" || return
	sleep 0.2
	before=$(cpu_ticks "$pid")
	sleep "$span"
	say live-paused "$(calc "($(cpu_ticks "$pid") - $before) / $span")" \
		"percent of a core over $span s"
	drop_mount live
}

large_machine() {
	local n

	echo 'nodes = ('
	for n in 0 1 2 3 4 5 6 7; do
		echo '{ memory = "128G";' \
			"cpus = \"$((8 * n))-$((8 * n + 7))\"; }"
		if [ $n -lt 7 ]; then echo ,; fi
	done
	echo ');'
	echo 'kernel = { slab_reclaimable = "512M"; misc = "256M";'
	echo '	slab_unreclaimable = "384M"; shmem = "64M"; };'
}

large() {
	local began took pid

	large_machine >"$work/large.conf"
	began=$(now_s)
	mount_program large '' "$work/large.conf" || return
	read -r _ <"$work/large/proc/meminfo"
	took=$(calc "$(now_s) - $began")
	say large-start "$took" 'seconds from the command to the first line'
	pid=$(server_of large)
	sleep "$(repeat 3)"
	say large-resident "$(awk '/^VmRSS/ { print $2 / 1024 }' \
		"/proc/$pid/status")" MiB
	drop_mount large
}

# Until the first line can be read: in us.
time_start() {
	local s e

	s=$(date +%s%N)
	if [ "$1" = floor ]; then
		pinned "$bench/bench-floor" "$work/start" 54 number=3
		read -r _ <"$work/start/number"
	else
		pinned "$program" mount "$work/start"
		read -r _ <"$work/start/proc/meminfo"
	fi
	e=$(date +%s%N)
	fusermount3 -u "$work/start"
	echo $(((e - s) / 1000))
}

start() {
	local r floor ours

	mkdir -p "$work/start"
	for r in $(seq "$(repeat 15)"); do
		floor=$(time_start floor) && ours=$(time_start ours) || return
		echo "$(calc "$ours / $floor") $ours $floor"
	done | sort -g | awk '
		{ line[NR] = $0 }
		END {
			split(line[int((NR + 1) / 2)], v)
			printf "start\t%s\t%d us against %d us\n", v[1], v[2],
				v[3]
		}'
}

part_machine() {
	sim_world && live && large && start
}
