# SPDX-License-Identifier: MIT
#
# grow.awk - counters that never go back.
#
# Usage: awk -f grow.awk BEFORE AFTER
#
# Both are what counters() of days.sh prints, lines "NAME VALUE".  Names of
# what Linux lets go up and down are left out there, not here.  Prints each
# that went back or is gone, and how many were compared; exit 1 then.

FNR == NR {
	before[$1] = $2
	next
}

{
	after[$1] = $2
}

END {
	for (name in before) {
		compared++
		if (!(name in after)) {
			printf "%s is gone\n", name
			bad = 1
		} else if (after[name] + 0 < before[name] + 0) {
			printf "%s: %s, then %s\n", name, before[name],
				after[name]
			bad = 1
		}
	}
	if (compared < 100) {
		printf "only %d counters\n", compared
		bad = 1
	}
	exit bad
}
