#!/bin/sh
# SPDX-License-Identifier: MIT
#
# reclaimfs check, and what all commands do with bad input: say where, exit 2,
# mount nothing.

. "${0%/*}/lib.sh"

status 'the built-in machine is one' 0 "$RF" check
is 'it has two nodes' "$(grep -c '^node ' "$DIR/out")" 2
is 'sshd is safe in it' \
	"$(grep '^task sshd:' "$DIR/out" | grep -o 'oom_score_adj [-0-9]*')" \
	'oom_score_adj -1000'

cat >"$DIR/good.conf" <<'END'
nodes = ( { memory = "1G"; cpus = "0-3"; } );
sysctl = { vm = { swappiness = 10; }; };
END
status 'a small machine' 0 "$RF" check "$DIR/good.conf"
is 'its zones' "$(awk '$1 == "zone" { print $2, $NF }' "$DIR/out")" \
	'DMA 3840
DMA32 254016'
is 'its tunable' "$(grep '^sysctl' "$DIR/out")" 'sysctl vm.swappiness = 10'

cat >"$DIR/bad.conf" <<'END'
nodes = (
	{ memory = "1X"; },
	{ memory = "1G"; colour = "red"; }
);
END
status 'a bad machine' 2 "$RF" check "$DIR/bad.conf"
is 'nothing on stdout' "$(cat "$DIR/out")" ''
is 'each line of it is named' "$(cut -d: -f2,3 <"$DIR/err")" \
	'2: nodes[0].memory
3: nodes[1].colour'

status 'no file' 2 "$RF" check "$DIR/nowhere.conf"
is 'it is named' "$(cat "$DIR/err")" \
	"$DIR/nowhere.conf: No such file or directory, expected a machine file"

mkdir "$MNT"
status 'mount refuses it' 2 "$RF" mount "$DIR/bad.conf" "$MNT"
status 'run refuses it' 2 "$RF" run -m "$DIR/bad.conf" -- true
is 'nothing is mounted' "$(grep -c " $MNT " /proc/self/mountinfo)" 0

status 'no command' 2 "$RF"
status 'an unknown command' 2 "$RF" frobnicate
status 'an unknown option' 2 "$RF" check --frobnicate
status 'too many arguments' 2 "$RF" check a b
status 'help' 0 "$RF" --help
status 'version' 0 "$RF" --version
is 'its form' "$(sed 's/[0-9.]*$/N/' "$DIR/out")" 'reclaimfs N'
for command in mount run capture check; do
	status "help of $command" 0 "$RF" "$command" --help
	is "it tells of $command" "$(head -n 1 "$DIR/out" | cut -d' ' -f1-3)" \
		"usage: reclaimfs $command"
done

finish
