# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The files generated from the netlink specification.
#
#   ynl_regen TREE SRC	write them anew into SRC
#   ynl_check TREE SRC	status 1, and a diff, if one of them differs from
#			what the specification says
#
# TREE is an unpacked kernel source, SRC is net-ipv4-tcp_handoff.  The
# generator needs python3-yaml and python3-jsonschema.

# mode, --header or --source, file below SRC
ynl_files()
{
	cat <<-END
	uapi	--header	include/uapi/linux/tcp_handoff_nl.h
	kernel	--header	netlink_gen.h
	kernel	--source	netlink_gen.c
	END
}

# The generator finds schema and MAINTAINERS by the specification's place and
# writes that place into its output, so it gets a root that looks like the
# kernel's, with nothing else in it.
ynl_generate()
{
	local tree=$1 src=$2 out=$3 spec mode part file

	spec=Documentation/netlink/specs/tcp_handoff.yaml
	mkdir -p "$out/${spec%/*}" || return
	: >"$out/MAINTAINERS"
	cp "$tree"/Documentation/netlink/*.yaml "$out/Documentation/netlink/" ||
		return
	cp "$src/$spec" "$out/$spec" || return

	ynl_files | while read -r mode part file; do
		mkdir -p "$(dirname "$out/$file")"
		PYTHONDONTWRITEBYTECODE=1 \
		"$tree/tools/net/ynl/ynl-gen-c.py" --mode "$mode" "$part" \
			--spec "$out/$spec" -o "$out/$file" || exit
	done
}

ynl_regen()
{
	local tree=$1 src=$2 tmp mode part file rc

	tmp=$(mktemp -d) || return
	ynl_generate "$tree" "$src" "$tmp"
	rc=$?
	if [ $rc -eq 0 ]; then
		ynl_files | while read -r mode part file; do
			cmp -s "$tmp/$file" "$src/$file" && continue
			mkdir -p "$(dirname "$src/$file")"
			cp "$tmp/$file" "$src/$file" || exit
			echo "generated $file"
		done
		rc=$?
	fi
	rm -rf "$tmp"
	return $rc
}

ynl_check()
{
	local tree=$1 src=$2 tmp mode part file rc

	tmp=$(mktemp -d) || return
	ynl_generate "$tree" "$src" "$tmp"
	rc=$?
	if [ $rc -eq 0 ]; then
		ynl_files | {
			bad=0
			while read -r mode part file; do
				diff -u "$src/$file" "$tmp/$file" || bad=1
			done
			exit $bad
		}
		rc=$?
	fi
	rm -rf "$tmp"
	return $rc
}
