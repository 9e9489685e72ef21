# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every verb shares: paths, messages, the lock, the progress line.

# The kernel this series is made for, and the release it was last tested on.
BASE=6.12
TESTED=6.12.117

BUILD=$REPO/build
PRISTINE=$BUILD/pristine	# the distribution's source, never changed
LINUX=$BUILD/linux		# the same with the series applied
IMAGES=$BUILD/images		# what the last builds made, see kernel_image
LOGS=$BUILD/logs
JOBS=${HANDOFF_JOBS:-$(($(nproc) + 1))}
export BUILD PRISTINE LINUX IMAGES LOGS JOBS

# Figures and sort orders must not depend on who runs this.
export LC_ALL=C
umask 022

say()  { printf '%s\n' "$*" >&2; }
warn() { printf 'handoff: warning: %s\n' "$*" >&2; }
die()  { printf 'handoff: %s\n' "$*" >&2; exit 1; }

# load NAME: source scripts/lib/NAME.sh once.
load() {
	local name guard
	for name; do
		guard=loaded_${name//[^a-z0-9]/_}
		[[ -n ${!guard-} ]] && continue
		[[ -f $LIB/$name.sh ]] ||
			die "'$name' is not in this version: no scripts/lib/$name.sh"
		printf -v "$guard" 1
		# shellcheck disable=SC1090
		. "$LIB/$name.sh"
	done
}

# seconds since the start of this run, for messages
elapsed() { printf '%dm%02ds' $((SECONDS / 60)) $((SECONDS % 60)); }

# One lock for build/linux and for all builds: several people use one
# checkout, and two kernel builds at once are slower than one after the other.
# The descriptor must not outlive the lock holder: whatever is started in the
# background while it is held gets 9>&-.
lock() {
	[[ ${HANDOFF_LOCKED-} == "$BUILD" ]] && return
	mkdir -p "$BUILD"
	exec 9>>"$BUILD/.lock"
	if ! flock -n 9; then
		say "waiting for another run to release build/.lock ..."
		flock 9
	fi
	export HANDOFF_LOCKED=$BUILD
}

unlock() {
	exec 9>&-
	unset HANDOFF_LOCKED
}

# with_lock CMD...: in a subshell, so that the lock ends with it however CMD
# ends, and a CMD within a locked CMD does not wait for itself.
with_lock() { (lock; "$@"); }

# follow NAME LOG TOTAL CMD...: run CMD with its output in LOG and a progress
# line: LOG's lines that match PROGRESS against TOTAL (the count of the last
# run, a guess on the first).  On a terminal the line is rewritten in place;
# elsewhere one is printed every 30 s.
follow() {
	local name=$1 log=$2 total=$3 pid rc=0 n start=$SECONDS last=$SECONDS
	shift 3
	mkdir -p "${log%/*}"
	: > "$log"
	"$@" > "$log" 2>&1 < /dev/null &
	pid=$!
	# shellcheck disable=SC2064
	trap "kill $pid 2> /dev/null" INT TERM
	while kill -0 "$pid" 2> /dev/null; do
		sleep 0.5
		if [[ -t 2 ]] || ((SECONDS - last >= 30)); then
			last=$SECONDS
			n=$(grep -cE "${PROGRESS:-.}" "$log") || true
			progress "$name" "$n" "$total" $((SECONDS - start))
		fi
	done
	trap - INT TERM
	wait "$pid" || rc=$?
	[[ -t 2 ]] && printf '\r\033[K' >&2
	FOLLOWED=$(grep -cE "${PROGRESS:-.}" "$log") || true
	return "$rc"
}

progress() {
	local name=$1 n=$2 total=$3 t=$4 text
	text="$name: $n"
	((total > 0)) && text+=" of about $total"
	text+=", $((t / 60))m$(printf %02d $((t % 60)))s"
	if [[ -t 2 ]]; then
		printf '\r\033[K%s' "$text" >&2
	else
		printf '%s\n' "$text" >&2
	fi
}

# A directory for this run only; removed however the run ends.
scratch() {
	if [[ -z ${SCRATCH-} ]]; then
		mkdir -p "$BUILD"
		SCRATCH=$(mktemp -d "$BUILD/scratch.XXXXXX")
		trap 'rm -rf "$SCRATCH"' EXIT
	fi
}

# The image of kernel um, vm or vm-debug.  Builds replace it atomically, so a
# test that runs keeps the kernel it started with.
kernel_image() { printf '%s\n' "$IMAGES/$1"; }
