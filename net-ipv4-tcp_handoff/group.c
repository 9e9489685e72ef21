// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP handoff: back ends in groups, the rules that lead to a group, and the
 * choice of a back end for a request.
 *
 * Rules are tried in order, the first that matches decides; what matches none
 * goes to the group "default".  They compare the bytes of the request as they
 * are, without decoding: a rule routes, it protects nothing.
 */
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "dispatch.h"
#include <uapi/linux/tcp_handoff_svc_nl.h>

/**
 * tcp_handoff_group_find() - look a group up
 * @svc:  service
 * @name: its name
 * Return: the group or NULL
 */
struct tcp_handoff_group *
tcp_handoff_group_find(struct tcp_handoff_service *svc, const char *name)
{
	struct tcp_handoff_group *g;

	list_for_each_entry(g, &svc->groups, list) {
		if (!strcmp(g->name, name))
			return g;
	}
	return NULL;
}

/**
 * tcp_handoff_group_add() - a group without back ends
 * @svc:    service
 * @name:   not longer than TCP_HANDOFF_GROUP_NAME_MAX with its NUL
 * @sched:  its scheduler
 * @params: parameters of that
 * @extack: sentence about what is wrong
 * Return: 0, -EEXIST, -ENOSPC or -ENOMEM
 */
int tcp_handoff_group_add(struct tcp_handoff_service *svc, const char *name,
			  const struct tcp_handoff_sched *sched,
			  const struct tcp_handoff_sched_params *params,
			  struct netlink_ext_ack *extack)
{
	struct tcp_handoff_group *g;
	int err;

	if (tcp_handoff_group_find(svc, name)) {
		NL_SET_ERR_MSG(extack, "a group with this name exists");
		return -EEXIST;
	}
	if (svc->next_group == U16_MAX) {
		NL_SET_ERR_MSG(extack, "the service has had too many groups");
		return -ENOSPC;
	}
	g = kzalloc(sizeof(*g), GFP_KERNEL_ACCOUNT);
	if (!g)
		return -ENOMEM;
	strscpy(g->name, name);
	g->id = ++svc->next_group;
	spin_lock_init(&g->lock);
	g->sched.nr = TCP_HANDOFF_BACKENDS_MOST;
	g->sched.params = *params;
	err = tcp_handoff_sched_init(&g->sched, sched);
	if (err) {
		kfree(g);
		return err;
	}
	list_add_tail_rcu(&g->list, &svc->groups);
	return 0;
}

/**
 * tcp_handoff_group_set() - another scheduler, or other parameters
 * @g:      group
 * @sched:  its scheduler from now on; the same one keeps what it remembers
 * @params: parameters of that
 * Return: 0 or -ENOMEM
 */
int tcp_handoff_group_set(struct tcp_handoff_group *g,
			  const struct tcp_handoff_sched *sched,
			  const struct tcp_handoff_sched_params *params)
{
	struct tcp_handoff_table *table = NULL;
	bool other = sched != g->sched.sched;

	if (other && sched->remembers) {
		table = tcp_handoff_table_new();
		if (!table)
			return -ENOMEM;
	}
	spin_lock(&g->lock);
	g->sched.params = *params;
	if (other) {
		swap(g->sched.table, table);
		g->sched.sched = sched;
	}
	spin_unlock(&g->lock);
	tcp_handoff_table_free(table);
	return 0;
}

static void backend_clear(struct tcp_handoff_backend *be)
{
	if (be->peer)
		tcp_handoff_peer_put(be->peer);
	memset(be, 0, sizeof(*be));
}

/* Nobody looks at it any more. */
static void group_free(struct tcp_handoff_group *g)
{
	int i;

	for (i = 0; i < TCP_HANDOFF_BACKENDS_MOST; i++)
		backend_clear(&g->be[i]);
	tcp_handoff_sched_destroy(&g->sched);
	kfree(g);
}

static bool group_is_used(struct tcp_handoff_service *svc,
			  const struct tcp_handoff_group *g)
{
	struct tcp_handoff_rule *rule;

	list_for_each_entry(rule, &svc->rules, list) {
		if (rule->group == g)
			return true;
	}
	return false;
}

/**
 * tcp_handoff_group_del() - a group less, with its back ends
 * @svc:    service
 * @g:      its group
 * @extack: sentence about what is wrong
 * Return: 0 or -EBUSY
 */
int tcp_handoff_group_del(struct tcp_handoff_service *svc,
			  struct tcp_handoff_group *g,
			  struct netlink_ext_ack *extack)
{
	if (!strcmp(g->name, TCP_HANDOFF_GROUP_DEFAULT)) {
		NL_SET_ERR_MSG(extack,
			       "the group \"default\" goes with its service");
		return -EBUSY;
	}
	if (group_is_used(svc, g)) {
		NL_SET_ERR_MSG(extack, "a rule leads to this group");
		return -EBUSY;
	}
	list_del_rcu(&g->list);
	synchronize_rcu();
	group_free(g);
	return 0;
}

/**
 * tcp_handoff_groups_free() - the end of all groups and rules of a service
 * @svc: service that has no connections
 */
void tcp_handoff_groups_free(struct tcp_handoff_service *svc)
{
	struct tcp_handoff_rule *rule, *rnext;
	struct tcp_handoff_group *g, *next;

	list_for_each_entry_safe(rule, rnext, &svc->rules, list)
		kfree(rule);
	list_for_each_entry_safe(g, next, &svc->groups, list)
		group_free(g);
}

/*
 * Back ends
 */

static int backend_slot(struct tcp_handoff_group *g, __be32 addr)
{
	int i;

	for (i = 0; i < TCP_HANDOFF_BACKENDS_MOST; i++) {
		if (g->be[i].addr == addr)
			return i;
	}
	return -1;
}

static void backend_set_weight(struct tcp_handoff_group *g, int slot,
			       u32 weight)
{
	g->sched.be[slot].weight = weight;
	g->sched.be[slot].current_weight = 0;
}

/* So that a wrong address is noticed; it may be removed and added later. */
static int backend_check(struct tcp_handoff_service *svc, __be32 addr,
			 struct netlink_ext_ack *extack)
{
	struct tcp_handoff_peer *peer;
	bool ok;

	peer = tcp_handoff_peer_find(svc->dn->hnet, addr);
	ok = peer && (peer->flags & TCP_HANDOFF_PEER_F_BACK_END);
	if (peer)
		tcp_handoff_peer_put(peer);
	if (ok)
		return 0;
	NL_SET_ERR_MSG(extack, "no peer with this address is a back end");
	return -ENOENT;
}

/**
 * tcp_handoff_backend_add() - one more back end for a group
 * @svc:    service
 * @g:      its group
 * @addr:   address of a configured peer
 * @weight: its share
 * @extack: sentence about what is wrong
 * Return: 0, -ENOENT (no such peer), -EEXIST or -ENOSPC
 */
int tcp_handoff_backend_add(struct tcp_handoff_service *svc,
			    struct tcp_handoff_group *g, __be32 addr,
			    u32 weight, struct netlink_ext_ack *extack)
{
	int slot, err;

	err = backend_check(svc, addr, extack);
	if (err)
		return err;
	if (backend_slot(g, addr) >= 0) {
		NL_SET_ERR_MSG(extack, "the group has this back end");
		return -EEXIST;
	}
	slot = backend_slot(g, 0);
	if (slot < 0) {
		NL_SET_ERR_MSG(extack, "the group has too many back ends");
		return -ENOSPC;
	}
	spin_lock(&g->lock);
	g->be[slot].addr = addr;
	g->sched.be[slot].id = (__force u32)addr;
	backend_set_weight(g, slot, weight);
	spin_unlock(&g->lock);
	return 0;
}

/**
 * tcp_handoff_backend_set() - another weight
 * @g:      group
 * @addr:   a back end of it
 * @weight: its share; 0: what it has goes on, nothing new comes
 * @extack: sentence about what is wrong
 * Return: 0 or -ENOENT
 */
int tcp_handoff_backend_set(struct tcp_handoff_group *g, __be32 addr,
			    u32 weight, struct netlink_ext_ack *extack)
{
	int slot = backend_slot(g, addr);

	if (slot < 0 || !addr) {
		NL_SET_ERR_MSG(extack, "the group has no such back end");
		return -ENOENT;
	}
	spin_lock(&g->lock);
	backend_set_weight(g, slot, weight);
	spin_unlock(&g->lock);
	return 0;
}

/**
 * tcp_handoff_backend_del() - a back end less; what it has it keeps
 * @g:      group
 * @addr:   a back end of it
 * @extack: sentence about what is wrong
 * Return: 0 or -ENOENT
 */
int tcp_handoff_backend_del(struct tcp_handoff_group *g, __be32 addr,
			    struct netlink_ext_ack *extack)
{
	int slot = backend_slot(g, addr);

	if (slot < 0 || !addr) {
		NL_SET_ERR_MSG(extack, "the group has no such back end");
		return -ENOENT;
	}
	spin_lock(&g->lock);
	backend_clear(&g->be[slot]);
	memset(&g->sched.be[slot], 0, sizeof(g->sched.be[slot]));
	tcp_handoff_sched_gone(&g->sched, slot);
	spin_unlock(&g->lock);
	return 0;
}

/*
 * Rules
 */

/**
 * tcp_handoff_rule_new() - make a rule that leads nowhere yet
 * @host:  that it is for, or one of its parents if it begins with a dot;
 *	   "": any
 * @path:  what @match compares
 * @match: TCP_HANDOFF_SVC_PATH_*
 * Return: rule or NULL
 */
struct tcp_handoff_rule *tcp_handoff_rule_new(const char *host,
					      const char *path, u32 match)
{
	size_t host_len = strlen(host), path_len = strlen(path);
	struct tcp_handoff_rule *rule;

	rule = kzalloc(struct_size(rule, text, host_len + path_len),
		       GFP_KERNEL_ACCOUNT);
	if (!rule)
		return NULL;
	rule->match = match;
	rule->host_len = host_len;
	rule->path_len = path_len;
	memcpy(rule->text, host, host_len);
	memcpy(rule->text + host_len, path, path_len);
	return rule;
}

/**
 * tcp_handoff_rule_add() - put a rule in its place
 * @svc:  service
 * @rule: the rule, with its group
 * @at:   before this one, counted from 1; 0: behind all
 */
void tcp_handoff_rule_add(struct tcp_handoff_service *svc,
			  struct tcp_handoff_rule *rule, u32 at)
{
	struct tcp_handoff_rule *next;

	list_for_each_entry(next, &svc->rules, list) {
		if (at && !--at)
			break;
	}
	list_add_tail_rcu(&rule->list, &next->list);
}

/**
 * tcp_handoff_rule_del() - a rule less
 * @svc:    service
 * @at:     its place, counted from 1
 * @extack: sentence about what is wrong
 * Return: 0 or -ENOENT
 */
int tcp_handoff_rule_del(struct tcp_handoff_service *svc, u32 at,
			 struct netlink_ext_ack *extack)
{
	struct tcp_handoff_rule *rule;

	list_for_each_entry(rule, &svc->rules, list) {
		if (at && !--at) {
			list_del_rcu(&rule->list);
			/* whoever reads it finds its group, too */
			synchronize_rcu();
			kfree(rule);
			return 0;
		}
	}
	NL_SET_ERR_MSG(extack, "no rule has this number");
	return -ENOENT;
}

static bool host_matches(const struct tcp_handoff_rule *rule,
			 const struct tcp_handoff_request *req)
{
	u32 len = rule->host_len;

	if (!len)
		return true;
	if (req->host_len < len || (*rule->text != '.' && req->host_len != len))
		return false;
	return !strncasecmp(req->host + req->host_len - len, rule->text, len);
}

static bool path_matches(const struct tcp_handoff_rule *rule,
			 const struct tcp_handoff_request *req)
{
	switch (rule->match) {
	case TCP_HANDOFF_SVC_PATH_EXACT:
		if (req->path_len != rule->path_len)
			return false;
		break;
	case TCP_HANDOFF_SVC_PATH_PREFIX:
		if (req->path_len < rule->path_len)
			return false;
		break;
	default:
		return true;
	}
	return !memcmp(req->path, rule->text + rule->host_len, rule->path_len);
}

/**
 * tcp_handoff_rule_matches() - is a request one of those a rule is for?
 * @rule: rule
 * @req:  request
 *
 * Context: any.
 * Return: true if so
 */
bool tcp_handoff_rule_matches(const struct tcp_handoff_rule *rule,
			      const struct tcp_handoff_request *req)
{
	return host_matches(rule, req) && path_matches(rule, req);
}

/*
 * The choice
 */

/* One that was removed and added again is another peer. */
static void backend_refresh(struct tcp_handoff_net *hnet,
			    struct tcp_handoff_backend *be)
{
	if (be->peer && !READ_ONCE(be->peer->dead))
		return;
	if (be->peer)
		tcp_handoff_peer_put(be->peer);
	be->peer = tcp_handoff_peer_find(hnet, be->addr);
}

/**
 * tcp_handoff_group_refresh() - what its back ends are like now
 * @svc:   service
 * @g:     its group, locked
 * @tried: slots that are not to be chosen
 */
void tcp_handoff_group_refresh(struct tcp_handoff_service *svc,
			       struct tcp_handoff_group *g, u64 tried)
{
	struct tcp_handoff_sched_be *sbe;
	struct tcp_handoff_backend *be;
	int i;

	lockdep_assert_held(&g->lock);
	for (i = 0; i < TCP_HANDOFF_BACKENDS_MOST; i++) {
		be = &g->be[i];
		sbe = &g->sched.be[i];
		if (!be->addr)
			continue;
		backend_refresh(svc->dn->hnet, be);
		sbe->load = be->peer ? atomic_read(&be->peer->flows) : 0;
		sbe->usable = sbe->weight && be->peer &&
			      !(tried & BIT_ULL(i)) &&
			      tcp_handoff_channel_is_up(be->peer, true);
	}
}

static struct tcp_handoff_group *
choose_group(struct tcp_handoff_service *svc,
	     const struct tcp_handoff_request *req)
{
	struct tcp_handoff_rule *rule;

	list_for_each_entry_rcu(rule, &svc->rules, list) {
		if (tcp_handoff_rule_matches(rule, req)) {
			atomic64_inc(&rule->hits);
			return rule->group;
		}
	}
	/* it is the first, and stays */
	return list_first_or_null_rcu(&svc->groups, struct tcp_handoff_group,
				      list);
}

static void choose_backend(struct tcp_handoff_service *svc,
			   struct tcp_handoff_group *g,
			   const struct tcp_handoff_request *req,
			   struct tcp_handoff_choice *choice)
{
	struct tcp_handoff_sched_req sreq = {
		.target = req->target,
		.now = jiffies,
		.at = -1,
	};
	int slot;

	spin_lock(&g->lock);
	tcp_handoff_group_refresh(svc, g, choice->tried);
	slot = tcp_handoff_sched_pick(&g->sched, &sreq);
	if (slot >= 0) {
		g->be[slot].assigned++;
		choice->tried |= BIT_ULL(slot);
		choice->peer = g->be[slot].peer;
		refcount_inc(&choice->peer->ref);
	}
	spin_unlock(&g->lock);
}

/**
 * tcp_handoff_choose() - choose a back end for a request
 * @svc:    service
 * @req:    the request
 * @choice: where the connection has been; gets where it goes
 *
 * Context: process.
 * Return: true, and a reference on choice->peer; or no back end is left
 */
bool tcp_handoff_choose(struct tcp_handoff_service *svc,
			const struct tcp_handoff_request *req,
			struct tcp_handoff_choice *choice)
{
	struct tcp_handoff_group *g;

	choice->peer = NULL;
	rcu_read_lock();
	g = choose_group(svc, req);
	/* the rules have changed since: all may be asked again, once */
	if (g->id != choice->group)
		choice->tried = 0;
	choice->group = g->id;
	choose_backend(svc, g, req, choice);
	rcu_read_unlock();
	return choice->peer;
}
