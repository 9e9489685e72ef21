# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A command as root in a VM: x86-64, four CPUs, the host's files.
#
# KVM is used where it boots this kernel, which a trial boot finds out: a
# /dev/kvm that can be opened may still not work (nested, restricted).
# Otherwise QEMU emulates, which is slower and good enough for tests.

load build klog

# More than the host may have: what they do then interleaves all the more
VM_CPUS=${HANDOFF_CPUS:-4}
VM_MEM=${HANDOFF_VM_MEM:-2G}
VM_TIMEOUT=${HANDOFF_VM_TIMEOUT:-1800}
VM_APPEND=${VM_APPEND-}		# more for the kernel's command line
VM_LEAKS=${VM_LEAKS-1}		# look for leaks at the end, if the kernel can

# No exit status came back: the kernel died, or the time was up.
VM_LOST=125

vm_main() {
	local kind=vm
	if [[ ${1-} == debug ]]; then
		kind=vm-debug
		shift
	fi
	[[ ${1-} == -- ]] && shift
	(($#)) || die "usage: scripts/handoff vm [debug] -- CMD..."
	need_packages build vm
	need_kernel "$kind"
	vm_run "$kind" "$@"
}

# vm_run KIND CMD...: the output of CMD, and its exit status; 1 if it was 0
# and the kernel complained.
vm_run() {
	local kind=$1 log=$LOGS/$1.log rc=0
	shift
	mkdir -p "$LOGS"
	scratch
	{
		printf 'cd %q\n' "$PWD"
		# What a person set for this run
		export -p | grep -E '^declare -x (HANDOFF_|KSELFTEST|CLUSTER_)' |
			grep -v HANDOFF_LOCKED || true
		printf '%q ' "$@"
		echo
	} > "$SCRATCH/vm-cmd"
	set -- "$(vm_accel)" "$VM_TIMEOUT" "$(kernel_image "$kind")" \
		"$SCRATCH/vm-cmd" "$log"
	if [[ -z ${HANDOFF_NO_VNG-} ]] && command -v vng > /dev/null &&
	   vm_vng "$@"; then
		rc=$(< "$SCRATCH/vng/status")
	else
		vm_qemu "$@" || rc=$?
	fi
	if ! vm_judge "$kind" "$log"; then
		((rc)) || rc=1
	elif ((rc == VM_LOST)); then
		say "$kind: ended without a result (${log#"$REPO/"}):"
		tail -n 20 "$log" >&2
	fi
	return "$rc"
}

vm_judge() {
	klog_check "$@" || return
	[[ $1 != vm-debug ]] || vm_scanned "$@"
}

# A scan that did not take place has found nothing either.
vm_scanned() {
	[[ -z $VM_LEAKS ]] || grep -aq 'vm-leaks: done' "$2" || {
		say "$1: nobody looked for leaks (${2#"$REPO/"})"
		return 1
	}
}

# kvm or tcg; the answer holds until the host boots again.
vm_accel() {
	local memo=$BUILD/vm-accel boot image
	boot=$(cat /proc/sys/kernel/random/boot_id)
	if [[ $(cat "$memo" 2> /dev/null) != "$boot "* ]]; then
		image=$(find "$IMAGES" -name 'vm*' | head -n 1)
		scratch
		echo true > "$SCRATCH/vm-probe"
		if [[ -r /dev/kvm && -w /dev/kvm ]] &&
		   vm_qemu kvm 10 "$image" "$SCRATCH/vm-probe" \
			"$SCRATCH/vm-probe.log" > /dev/null 2>&1; then
			echo "$boot kvm" > "$memo"
		else
			echo "$boot tcg" > "$memo"
		fi
	fi
	cut -d ' ' -f 2 "$memo"
}

# The same arguments.  Status 0: SCRIPT ran, its exit status is in
# $SCRATCH/vng/status.  Its versions differ in what they need of the host, so
# one that does not get that far is no failure.
vm_vng() {
	local accel=$1 limit=$2 image=$3 script=$4 log=$5 share=$SCRATCH/vng
	local -a opts=(--run "$image" --force-9p --disable-microvm --verbose
		--memory "$VM_MEM" --rwdir="$share"
		--qemu-opts="-smp $VM_CPUS,sockets=$VM_CPUS,cores=1,threads=1"
		--append "panic=-1 rcupdate.rcu_cpu_stall_timeout=120 $VM_APPEND")
	[[ $accel == kvm ]] || opts+=(--disable-kvm)
	rm -rf "$share"
	mkdir "$share"
	cat > "$share/run" <<-EOT
		echo $VM_LOST > $share/status
		bash $script
		echo \$? > $share/status
		[[ -z "$VM_LEAKS" ]] || $LIB/vm-leaks
		dmesg > $share/dmesg
	EOT
	timeout --foreground -k 5 "$limit" vng "${opts[@]}" --exec "bash $share/run" \
		< /dev/null 2> "$log" || true
	cat "$share/dmesg" >> "$log" 2> /dev/null || true
	[[ -s $share/status ]] && return
	say "vm: vng did not start it, see its messages:"
	tail -n 5 "$log" >&2
	return 1
}

# vm_qemu ACCEL SECONDS IMAGE SCRIPT LOG
vm_qemu() {
	local accel=$1 limit=$2 image=$3 script=$4 log=$5 status rc=0
	# CPUs as sockets: without ACPI the kernel finds them in the BIOS's MP
	# table, which has one entry a socket.
	local -a qemu=(qemu-system-x86_64 -nodefaults -no-user-config
		-display none -no-reboot -m "$VM_MEM" -smp "$VM_CPUS,sockets=$VM_CPUS,cores=1,threads=1")
	local -a append=(console=ttyS0 root=root rootfstype=9p ro
		rootflags=trans=virtio,version=9p2000.L,msize=262144,cache=loose
		init="$LIB/vm-init" cmd="$script" leaks="$VM_LEAKS"
		panic=-1 mitigations=off nokaslr loglevel=7
		# Emulated time is slow; what looks stuck is not
		rcupdate.rcu_cpu_stall_timeout=120 workqueue.watchdog_thresh=120)
	case $accel in
	kvm)	qemu+=(-accel kvm -cpu host) ;;
	tcg)	qemu+=(-accel "tcg,thread=multi" -cpu "max,la57=off")
		# Both CPUs read the same host clock, but the kernel measures
		# more than it believes between two instructions
		append+=(tsc=reliable no_timer_check) ;;
	esac
	status=$SCRATCH/vm-status
	: > "$status"
	qemu+=(-kernel "$image" -append "${append[*]} $VM_APPEND"
		-serial "file:$log"
		-fsdev "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap"
		-device "virtio-9p-pci,fsdev=root,mount_tag=root"
		-device virtio-rng-pci
		-device virtio-serial-pci
		-chardev "stdio,id=out,signal=off" -device "virtconsole,chardev=out"
		-chardev "file,id=status,path=$status" -device "virtconsole,chardev=status")
	timeout --foreground -k 5 "$limit" "${qemu[@]}" < /dev/null || rc=$?
	if ((rc == 124 || rc == 137)); then
		say "vm: stopped after $limit s"
	fi
	rc=$(tr -dc '0-9' < "$status")
	return "${rc:-$VM_LOST}"
}
