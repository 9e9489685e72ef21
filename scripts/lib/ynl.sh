# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The files generated from the netlink specifications.
#
#   ynl_regen TREE SRC	write them anew into SRC
#   ynl_check TREE SRC	status 1, and a diff, if one of them differs from
#			what its specification says
#
# TREE is an unpacked kernel source, SRC is net-ipv4-tcp_handoff.  The
# generator needs python3-yaml and python3-jsonschema.

# specification, mode, --header or --source, file below SRC
ynl_files()
{
	cat <<-END
	tcp_handoff	uapi	--header	include/uapi/linux/tcp_handoff_nl.h
	tcp_handoff	kernel	--header	netlink_gen.h
	tcp_handoff	kernel	--source	netlink_gen.c
	tcp_handoff_svc	uapi	--header	include/uapi/linux/tcp_handoff_svc_nl.h
	tcp_handoff_svc	kernel	--header	dispatch_gen.h
	tcp_handoff_svc	kernel	--source	dispatch_gen.c
	END
}

# The generator finds schema and MAINTAINERS by the specification's place and
# writes that place into its output, so it gets a root that looks like the
# kernel's, with nothing else in it.
ynl_generate()
{
	local tree=$1 src=$2 out=$3 specs spec mode part file

	specs=Documentation/netlink/specs
	mkdir -p "$out/$specs" || return
	: >"$out/MAINTAINERS"
	cp "$tree"/Documentation/netlink/*.yaml "$out/Documentation/netlink/" ||
		return
	cp "$src/$specs"/*.yaml "$out/$specs/" || return

	ynl_files | while read -r spec mode part file; do
		mkdir -p "$(dirname "$out/$file")"
		PYTHONDONTWRITEBYTECODE=1 \
		"$tree/tools/net/ynl/ynl-gen-c.py" --mode "$mode" "$part" \
			--spec "$out/$specs/$spec.yaml" -o "$out/$file" || exit
	done
}

ynl_regen()
{
	local tree=$1 src=$2 tmp spec mode part file rc

	tmp=$(mktemp -d) || return
	ynl_generate "$tree" "$src" "$tmp"
	rc=$?
	if [ $rc -eq 0 ]; then
		ynl_files | while read -r spec mode part file; do
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
	local tree=$1 src=$2 tmp spec mode part file rc

	tmp=$(mktemp -d) || return
	ynl_generate "$tree" "$src" "$tmp"
	rc=$?
	if [ $rc -eq 0 ]; then
		ynl_files | {
			bad=0
			while read -r spec mode part file; do
				diff -u "$src/$file" "$tmp/$file" || bad=1
			done
			exit $bad
		}
		rc=$?
	fi
	rm -rf "$tmp"
	return $rc
}
