# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The series and the map: which patch brings which new files, and where they
# land in a kernel tree.  Everything that lays out a tree (prepare, export,
# matrix, check) asks here, so they cannot disagree.
#
# These variables say where series, patches, map and files lie; the faults of
# `check --selftest` are put into a copy.
SERIES_ROOT=${SERIES_ROOT:-$REPO}
OVERLAY_DIRS=(net-ipv4-tcp_handoff kunit)

# The patches of the series, one a line, as named there.
series_patches() {
	[[ -f $SERIES_ROOT/series ]] || return 0
	sed -E 's/^[[:space:]]+//; s/[[:space:]]+(#.*)?$//; /^(#|$)/d' \
		"$SERIES_ROOT/series"
}

# Sets PATCHES to the series, all of which must be there.
read_series() {
	local p
	mapfile -t PATCHES < <(series_patches)
	for p in "${PATCHES[@]}"; do
		[[ -f $SERIES_ROOT/patches/$p ]] ||
			die "series names $p, which is not in patches/"
	done
}

# The files that patches $@ change, each once.
patched_files() {
	(($#)) || return 0
	(cd "$SERIES_ROOT/patches" && cat -- "$@") |
		sed -nE 's,^(\+\+\+ b|--- a)/([^[:space:]]+).*,\2,p' | sort -u
}

# Every new file of the repository; what editors and compilers leave behind
# is none.
overlay_files() {
	(cd "$SERIES_ROOT" && find -H "${OVERLAY_DIRS[@]}" \
		\( -type f -o -type l \) ! -name '*~' ! -name '*.orig' \
		! -name '*.rej' ! -name '.*.sw?' ! -name '*.pyc' ! -name '*.o' \
		2> /dev/null | sort)
}

# overlay_owners: "PATCH <tab> SOURCE <tab> DESTINATION" for every new file.
# PATCH is the name in patches/, or "?0001" if there is none of that name;
# "!" if no line of the map fits, "!!" if several do.  A line that names the
# file beats a pattern, so that one file can be taken out of a folder.
overlay_owners() {
	{
		find -H "$SERIES_ROOT/patches" -name '*.patch' -printf 'p %f\n' \
			2> /dev/null | sort
		sed -E '/^[[:space:]]*(#|$)/d; s/^/m /' \
			"$SERIES_ROOT/scripts/overlay.map" 2> /dev/null
		overlay_files | sed 's/^/f /'
	} | awk "$OVERLAY_AWK"
}

# overlay_unused: lines of the map that own no file.
overlay_unused() {
	sed -E '/^[[:space:]]*(#|$)/d; s/[[:space:]]+/ /g' \
		"$SERIES_ROOT/scripts/overlay.map" 2> /dev/null |
	while read -r patch path _; do
		{
			printf 'm %s %s\n' "$patch" "$path"
			overlay_files | sed 's/^/f /'
		} | awk "$OVERLAY_AWK" | grep -v '^!' > /dev/null ||
			printf '%s %s\n' "$patch" "$path"
	done
}

# In patterns * stays within one folder and ** does not.
# shellcheck disable=SC2016
OVERLAY_AWK='
function regex(glob,	r) {
	r = glob
	gsub(/[.+(){}^$|\\]/, "\\\\&", r)
	gsub(/\*\*/, "\001", r)
	gsub(/\*/, "[^/]*", r)
	gsub(/\001/, ".*", r)
	gsub(/\?/, "[^/]", r)
	return "^" r "$"
}

# Fragments (Kconfig.reconstruct) end up in the one file of their kind.
function landing(f,	d) {
	d = f
	if (sub(/^kunit\//, "net/ipv4/tcp_handoff/tests/", d))
		return d
	sub(/^net-ipv4-tcp_handoff\//, "", d)
	if (d ~ /\//)
		return d
	sub(/^(Kconfig|Makefile)\..*/, "", d)
	if (d == "")
		d = f ~ /\/Kconfig\./ ? "Kconfig" : "Makefile"
	return "net/ipv4/tcp_handoff/" d
}

# The map may shorten a patch name to what is unique, as git does.
function patch(name,	i, found) {
	for (i = 1; i <= np; i++)
		if (index(p[i], name) == 1)
			found = found == "" ? p[i] : "?" name
	return found == "" ? "?" name : found
}

$1 == "p" { p[++np] = $2 }
$1 == "m" { name[++nm] = $2; glob[nm] = $3; to[nm] = $4; re[nm] = regex($3) }
$1 == "f" {
	hit = many = exact = 0
	for (i = 1; i <= nm; i++) {
		if (glob[i] == $2) {
			if (exact++)
				many = 1
			else
				many = 0
			hit = i
		} else if (!exact && $2 ~ re[i]) {
			if (hit)
				many = 1
			hit = i
		}
	}
	dst = hit && to[hit] != "" ? to[hit] : landing($2)
	if (to[hit] ~ /\/$/) {
		n = split($2, part, "/")
		dst = to[hit] part[n]
	}
	printf "%s\t%s\t%s\n", !hit ? "!" : many ? "!!" : patch(name[hit]),
		$2, dst
}'

# install_overlay DIR PATCH...: the new files of these patches.  Fragments are
# appended in the order of the patches to the file they belong to, each after
# an empty line.  Files whose patch does not exist yet come as well: while a
# patch is being written, its files already are.
install_overlay() {
	local dir=$1 owners
	shift
	owners=$(overlay_owners)
	{
		local p
		for p; do
			install_list "$owners" "$p"
		done
		(($# == 0)) || install_list "$owners" '?'
	} | while IFS=$'\t' read -r src dst; do
		install_file "$SERIES_ROOT/$src" "$dir/$dst"
	done
}

# Base files before fragments: "Kconfig" must not overwrite "Kconfig.tech".
install_list() {
	awk -F '\t' -v p="$2" '
		p == "?" ? $1 ~ /^\?/ : $1 == p {
			frag = $2 ~ /\/(Kconfig|Makefile)\.[^\/]*$/
			line[frag, ++n[frag]] = $2 "\t" $3
		}
		END {
			for (f = 0; f < 2; f++)
				for (i = 1; i <= n[f]; i++)
					print line[f, i]
		}' <<< "$1"
}

install_file() {
	local src=$1 dst=$2 mode=644
	mkdir -p "${dst%/*}"
	if [[ $src =~ /(Kconfig|Makefile)\.[^/]*$ ]]; then
		if [[ -s $dst ]]; then
			echo >> "$dst"
			sed '1{/SPDX-License-Identifier/d}' "$src" |
				sed '/./,$!d' >> "$dst"
			return
		fi
	fi
	if [[ -L $src ]]; then
		cp -P "$src" "$dst"
		return
	fi
	[[ -x $src ]] && mode=755
	install -m "$mode" "$src" "$dst"
}

# Techniques of the series, by the file tech_NAME.c that their patch owns.
series_techniques() {
	local patches
	patches=$(series_patches)
	overlay_owners | while IFS=$'\t' read -r p src _; do
		[[ $src =~ /tech_([a-z0-9_]+)\.c$ ]] || continue
		grep -qxF -- "$p" <<< "$patches" || [[ $p == \?* ]] || continue
		printf '%s\n' "${BASH_REMATCH[1]}"
	done
}

run_quilt() {
	local dir=$1
	shift
	(cd "$dir" && QUILT_PATCHES=$SERIES_ROOT/patches \
		QUILT_SERIES=$SERIES_ROOT/series \
		quilt --quiltrc "$REPO/scripts/quiltrc" "$@")
}

# push_patches DIR [PATCH]: all, or up to PATCH.  Fuzz is an error: a hunk that
# only nearly fits can land in the wrong function.
push_patches() {
	local dir=$1 out failed
	out=$(run_quilt "$dir" push --fuzz=0 "${2:--a}" 2>&1) && return
	# 2: "nothing to do", which is no failure
	grep -qE '^(File series fully applied|No patches? in series)' \
		<<< "$out" && return
	# What comes before belongs to patches that do apply.
	say "$(tac <<< "$out" | sed '/^Applying patch /q' | tac)"
	failed=$(sed -nE 's,^Patch (.*/)?(.+\.patch) (does not apply|can be).*,\2,p' \
		<<< "$out" | head -n 1)
	die "${failed:-the series} does not apply: it was tested on" \
		"$TESTED, this tree is $(kernel_version "$dir")"
}

# copy_pristine_files DIR < FILES: those of them that the pristine source has
copy_pristine_files() {
	local f
	while read -r f; do
		[[ ! -f $PRISTINE/$f ]] ||
			(cd "$PRISTINE" && cp -p --parents "$f" "$1")
	done
}

# stage DIR PATCH...: in the empty folder DIR, what these patches (the first
# of the series) make of the pristine source: the files they change and the
# new ones, nothing else.
stage() {
	local dir=$1
	shift
	mkdir -p "$dir"
	patched_files "$@" | copy_pristine_files "$dir"
	(($# == 0)) || push_patches "$dir" "${!#}"
	install_overlay "$dir" "$@"
}
