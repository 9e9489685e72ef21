// SPDX-License-Identifier: GPL-2.0
/*
 * Loaded before a User Mode Linux kernel, to help it with two things.
 *
 * It runs on hosts with AMX.  UML 6.12 keeps 2696 bytes of FPU state for each of its processes, which was
 * all there was up to AVX-512.  A host with more (AMX: 11 kB) takes part of it
 * with PTRACE_GETREGSET but wants the whole of it with PTRACE_SETREGSET, and
 * UML ends with "ptrace set fp regs failed, errno = 14" before its first
 * process runs.  No process inside can have live state beyond those bytes
 * (AMX must be asked for, UML does not know how), so zeroes complete it.
 *
 * Its packet sockets lose nothing.  They would see what they send themselves,
 * and drop what does not fit into the host's default buffer.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <linux/if_packet.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* More than any XSAVE area known; the kernel uses what it needs of it. */
static _Thread_local char whole[64 << 10];
static _Thread_local size_t used;

static long set_xstate(pid_t pid, const struct iovec *part)
{
	struct iovec iov = { .iov_base = whole, .iov_len = sizeof(whole) };

	if (part->iov_len > sizeof(whole))
		return syscall(SYS_ptrace, PTRACE_SETREGSET, pid,
			       NT_X86_XSTATE, part);
	if (part->iov_len < used)
		memset(whole + part->iov_len, 0, used - part->iov_len);
	used = part->iov_len;
	memcpy(whole, part->iov_base, used);
	return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, &iov);
}

long ptrace(enum __ptrace_request request, ...)
{
	unsigned long word;
	void *addr, *data;
	va_list ap;
	pid_t pid;

	va_start(ap, request);
	pid = va_arg(ap, pid_t);
	addr = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);

	switch (request) {
	case PTRACE_SETREGSET:
		if (addr == (void *)NT_X86_XSTATE)
			return set_xstate(pid, data);
		break;
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
	case PTRACE_PEEKUSER:
		/* The system call stores what the library call returns. */
		if (syscall(SYS_ptrace, request, pid, addr, &word) < 0)
			return -1;
		return (long)word;
	default:
		break;
	}
	return syscall(SYS_ptrace, request, pid, addr, data);
}

int socket(int domain, int type, int protocol)
{
	int fd = syscall(SYS_socket, domain, type, protocol);
	int bytes = 64 << 20, on = 1;

	if (fd >= 0 && domain == AF_PACKET) {
		setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
			   sizeof(on));
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
			   sizeof(bytes));
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes,
			   sizeof(bytes));
	}
	return fd;
}
