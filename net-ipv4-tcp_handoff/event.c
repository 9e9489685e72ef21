// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: the event threads of the dispatcher, one a CPU, for all
 * namespaces.
 *
 * A socket's callback runs in softirq, wherever its packet came in, and only
 * queues an event.  The event belongs to the CPU that accepted the connection,
 * and all that ever works on the connection is that CPU's thread, so that
 * connections need no lock and share no cache line.  A thread never waits for
 * a connection; it sleeps when its queue is empty.
 *
 * If a CPU goes, another one inherits its events for good.
 */
#include <linux/cpu.h>
#include <linux/sched.h>
#include <linux/smpboot.h>
#include <linux/wait.h>

#include "dispatch.h"

/* Events that are handled before the thread looks up */
#define BUDGET	64

struct event_cpu {
	spinlock_t lock;		/* all of this, and its events' cpu */
	struct list_head queue;
	struct tcp_handoff_ev *now;	/* what its thread works on */
	wait_queue_head_t wait;		/* for another @now */
	bool running;			/* false: its events go elsewhere */
};

static DEFINE_PER_CPU(struct event_cpu, event_cpus);
static DEFINE_PER_CPU(struct task_struct *, event_task);

static DEFINE_MUTEX(users_mutex);
static unsigned int users;

/* Any CPU that takes events; @cpu if there is none yet. */
static int other_cpu(int cpu)
{
	int other;

	for_each_online_cpu(other) {
		if (READ_ONCE(per_cpu(event_cpus, other).running))
			return other;
	}
	return cpu;
}

/*
 * Under the lock of the queue that is not empty: a thread that has events is
 * not ended.
 */
static void wake(int cpu)
{
	struct task_struct *task = READ_ONCE(per_cpu(event_task, cpu));

	if (task)
		wake_up_process(task);
}

/* Return: false if that CPU takes none, and another one does */
static bool queue_on(struct tcp_handoff_ev *ev, int cpu)
{
	struct event_cpu *ec = per_cpu_ptr(&event_cpus, cpu);
	bool taken;

	spin_lock_bh(&ec->lock);
	taken = ec->running || other_cpu(cpu) == cpu;
	if (taken) {
		WRITE_ONCE(ev->cpu, cpu);
		list_add_tail(&ev->node, &ec->queue);
		wake(cpu);
	}
	spin_unlock_bh(&ec->lock);
	return taken;
}

/**
 * tcp_handoff_event_init() - make an event
 * @ev:  the event, known to nobody
 * @cpu: whose thread shall handle it
 * @fn:  how
 */
void tcp_handoff_event_init(struct tcp_handoff_ev *ev, int cpu,
			    void (*fn)(struct tcp_handoff_ev *ev))
{
	INIT_LIST_HEAD(&ev->node);
	ev->flags = 0;
	ev->cpu = cpu;
	ev->fn = fn;
}

/**
 * tcp_handoff_event_queue() - have an event handled, once more
 * @ev: the event; queued already, that is all there is to do
 *
 * Context: any but hardirq.
 */
void tcp_handoff_event_queue(struct tcp_handoff_ev *ev)
{
	int cpu;

	if (test_and_set_bit(TCP_HANDOFF_EVENT_QUEUED, &ev->flags))
		return;
	cpu = READ_ONCE(ev->cpu);
	while (!queue_on(ev, cpu))
		cpu = other_cpu(cpu);
}

/*
 * Take an event out of the queue that it is in, or was in last.
 *
 * Return: that queue; *now: its thread works on the event
 */
static struct event_cpu *take_out(struct tcp_handoff_ev *ev, bool *now)
{
	struct event_cpu *ec;
	bool here;
	int cpu;

	do {
		cpu = READ_ONCE(ev->cpu);
		ec = per_cpu_ptr(&event_cpus, cpu);
		spin_lock_bh(&ec->lock);
		here = READ_ONCE(ev->cpu) == cpu;
		if (here)
			list_del_init(&ev->node);
		*now = ec->now == ev;
		spin_unlock_bh(&ec->lock);
	} while (!here);
	return ec;
}

/**
 * tcp_handoff_event_dequeue() - an event need not be handled
 * @ev: nobody queues it any more
 *
 * Context: the thread that handles it, or any that knows it is not handled.
 */
void tcp_handoff_event_dequeue(struct tcp_handoff_ev *ev)
{
	bool now;

	take_out(ev, &now);
}

/**
 * tcp_handoff_event_cancel() - an event is not handled any more
 * @ev: nobody queues it any more, but its own handler
 *
 * Context: process, not an event thread; may sleep.
 */
void tcp_handoff_event_cancel(struct tcp_handoff_ev *ev)
{
	struct event_cpu *ec;
	bool now;

	do {
		ec = take_out(ev, &now);
		/* and once more: it may have queued itself */
		if (now)
			wait_event(ec->wait, READ_ONCE(ec->now) != ev);
	} while (now);
}

static struct tcp_handoff_ev *take(struct event_cpu *ec)
{
	struct tcp_handoff_ev *ev;

	spin_lock_bh(&ec->lock);
	ev = list_first_entry_or_null(&ec->queue, struct tcp_handoff_ev,
				      node);
	WRITE_ONCE(ec->now, ev);
	if (ev) {
		list_del_init(&ev->node);
		/* what happens from here on is another event */
		clear_bit(TCP_HANDOFF_EVENT_QUEUED, &ev->flags);
	}
	spin_unlock_bh(&ec->lock);
	if (wq_has_sleeper(&ec->wait))
		wake_up(&ec->wait);
	return ev;
}

static int thread_should_run(unsigned int cpu)
{
	return !list_empty_careful(&per_cpu(event_cpus, cpu).queue);
}

static void thread_run(unsigned int cpu)
{
	struct event_cpu *ec = per_cpu_ptr(&event_cpus, cpu);
	struct tcp_handoff_ev *ev;
	int i;

	for (i = 0; i < BUDGET; i++) {
		ev = take(ec);
		if (!ev)
			return;
		ev->fn(ev);
		cond_resched();
	}
	/* not @now any more, whoever waits for that */
	spin_lock_bh(&ec->lock);
	WRITE_ONCE(ec->now, NULL);
	spin_unlock_bh(&ec->lock);
	wake_up(&ec->wait);
}

static void thread_start(unsigned int cpu)
{
	struct event_cpu *ec = per_cpu_ptr(&event_cpus, cpu);

	spin_lock_bh(&ec->lock);
	WRITE_ONCE(ec->running, true);
	spin_unlock_bh(&ec->lock);
}

/* The CPU goes.  CPUs go one by one: their locks nest in no other order. */
static void thread_park(unsigned int cpu)
{
	struct event_cpu *ec = per_cpu_ptr(&event_cpus, cpu), *to;
	struct tcp_handoff_ev *ev;
	int other;

	spin_lock_bh(&ec->lock);
	WRITE_ONCE(ec->running, false);
	other = other_cpu(cpu);
	to = per_cpu_ptr(&event_cpus, other);
	if (to != ec) {
		spin_lock_nested(&to->lock, SINGLE_DEPTH_NESTING);
		list_for_each_entry(ev, &ec->queue, node)
			WRITE_ONCE(ev->cpu, other);
		list_splice_tail_init(&ec->queue, &to->queue);
		wake(other);
		spin_unlock(&to->lock);
	}
	spin_unlock_bh(&ec->lock);
}

static void thread_cleanup(unsigned int cpu, bool online)
{
	struct event_cpu *ec = per_cpu_ptr(&event_cpus, cpu);

	WRITE_ONCE(ec->running, false);
}

static struct smp_hotplug_thread threads = {
	.store			= &event_task,
	.thread_should_run	= thread_should_run,
	.thread_fn		= thread_run,
	.setup			= thread_start,
	.unpark			= thread_start,
	.park			= thread_park,
	.cleanup		= thread_cleanup,
	.thread_comm		= "handoff/%u",
};

/* Without a service there are no threads. */
static int threads_start(void)
{
	struct event_cpu *ec;
	int cpu;

	for_each_possible_cpu(cpu) {
		ec = per_cpu_ptr(&event_cpus, cpu);
		spin_lock_init(&ec->lock);
		INIT_LIST_HEAD(&ec->queue);
		init_waitqueue_head(&ec->wait);
	}
	return smpboot_register_percpu_thread(&threads);
}

/**
 * tcp_handoff_events_get() - there will be events
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM
 */
int tcp_handoff_events_get(void)
{
	int err = 0;

	mutex_lock(&users_mutex);
	if (!users)
		err = threads_start();
	if (!err)
		users++;
	mutex_unlock(&users_mutex);
	return err;
}

/**
 * tcp_handoff_events_put() - there will be no more of them
 *
 * Context: process, may sleep; no event of the caller's is left.
 */
void tcp_handoff_events_put(void)
{
	mutex_lock(&users_mutex);
	if (!--users)
		smpboot_unregister_percpu_thread(&threads);
	mutex_unlock(&users_mutex);
}
