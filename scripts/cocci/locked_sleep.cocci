// SPDX-License-Identifier: GPL-2.0
/// Nothing sleeps with a spinlock held, a socket's least of all: capture does
/// all that can sleep or fail before it takes it.  SLEEPERS stands for the
/// kernel's functions below and all of ours that call one, directly or not;
/// scripts/lib/rules.sh puts it in.
// Files: ours
// Sleepers: mutex_lock mutex_lock_interruptible mutex_lock_nested down
// Sleepers: down_read down_write rtnl_lock lock_sock lock_sock_nested
// Sleepers: release_sock msleep ssleep fsleep usleep_range schedule
// Sleepers: schedule_timeout schedule_timeout_interruptible cond_resched
// Sleepers: schedule_timeout_uninterruptible might_sleep wait_event
// Sleepers: wait_event_timeout wait_event_interruptible wait_for_completion
// Sleepers: wait_for_completion_timeout flush_work flush_delayed_work
// Sleepers: flush_workqueue drain_workqueue destroy_workqueue cancel_work_sync
// Sleepers: cancel_delayed_work_sync disable_work_sync synchronize_rcu
// Sleepers: synchronize_net rcu_barrier kernel_sendmsg kernel_recvmsg
// Sleepers: kernel_connect kernel_accept kernel_bind kernel_listen
// Sleepers: kernel_sock_shutdown sock_create_kern sock_release sock_sendmsg
// Sleepers: sock_recvmsg copy_from_user copy_to_user copy_from_sockptr
// Sleepers: copy_to_sockptr copy_struct_from_sockptr get_user put_user vmalloc
// Sleepers: static_branch_inc static_branch_dec static_branch_enable
// Sleepers: static_branch_disable alloc_percpu free_percpu genl_lock

virtual report

@asleep exists@
expression L;
identifier f =~ "^(SLEEPERS)$";
identifier g;
position p;
@@

(
	spin_lock_bh(L);
|
	spin_lock(L);
|
	spin_lock_irq(L);
|
	spin_lock_irqsave(L, ...);
|
	bh_lock_sock(L);
|
	bh_lock_sock_nested(L);
|
	own_and_flush(L);
)
	... when != spin_unlock_bh(L)
	    when != spin_unlock(L)
	    when != spin_unlock_irq(L)
	    when != spin_unlock_irqrestore(L, ...)
	    when != bh_unlock_sock(L)
	    when != disown(L)
(
	f@p(...)
|
	g@p(..., GFP_KERNEL, ...)
|
	g@p(..., GFP_KERNEL_ACCOUNT, ...)
)

@script:python depends on report@
p << asleep.p;
@@

coccilib.report.print_report(p[0], "may sleep, but a spinlock is held")
