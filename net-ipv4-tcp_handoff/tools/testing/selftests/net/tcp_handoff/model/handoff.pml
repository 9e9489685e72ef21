/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two state machines of Documentation/networking/tcp_handoff-protocol.rst
 * as a model for spin (https://spinroot.com).  F, L, B, R and S are the rules
 * there, and each table of sections 4 and 5 is one inline or process here.
 *
 *	spin -a handoff.pml
 *	cc -O2 -DSAFETY -DNOREDUCE pan.c -o pan
 *	./pan -m1000000			errors: 0 is what is wanted
 *	spin -t -p handoff.pml		the way to an error
 *
 * Give -D flags to spin, not to cc:
 *
 *	NBE=2		back ends (1)
 *	NFL=2		flows (1), of connections of their own
 *	AGAIN		the second flow is the connection of the first, which
 *			came home and is captured again
 *	NEP=2		epochs of a flow, so NEP - 1 further tries (2)
 *	BE_BOOTS=1	restarts of each back end (1)
 *	FE_BOOTS=1	restarts of the front end (1)
 *	RECALL		RECALL, RETURNED, RETURNED_ACK, BUSY and IDLE
 *	NOW		no reserved message or state: what there is now
 *	PEERS		peers are removed and configured again on both hosts
 *	LATE_HELLO	the HELLO of an earlier boot of the front end comes late
 *	BREAK_x		a rule is broken; the verifier must find out
 *
 * Losses of the channel are not bounded in number, nor is anything else but
 * what is above.  Times are not modelled: whatever a time decides may happen
 * at any moment.  The hour of R4 is the exception, see CLOSED below.
 *
 * What is checked:
 *   - BAD: a message that cannot come between correct hosts;
 *   - never two owners, and no image is used that a back end has outdated;
 *   - one terminal answer for each (flow, epoch), nothing after UNKNOWN;
 *   - no connection is forgotten: as long as the client has it, the front end
 *     has a record or the socket;
 *   - whenever a session is up and nothing is on its way or at work, the
 *     records of its two hosts agree.
 * Messages cause at most one other, and chains of them are short; so where the
 * hosts can talk long enough the last point is reached.
 */

#ifndef NBE
#define NBE	1
#endif
#ifndef NFL
#define NFL	1
#endif
#ifndef NEP
#define NEP	2
#endif
#ifndef BE_BOOTS
#define BE_BOOTS	1
#endif
#ifndef FE_BOOTS
#define FE_BOOTS	1
#endif
#ifndef QUEUE
#define QUEUE	(4 + 4 * NFL)	/* messages on their way; more is an error */
#endif

mtype:msg = {
	HELLO_ACK, HANDOFF, ADOPTED, REFUSED, CLOSED, UNKNOWN, CLOSED_ACK,
	QUERY, CANCEL, FORGET, RECALL_, RETURNED, RETURNED_ACK, BUSY, IDLE
};

/* Both hosts: no record.  Then the states of a front end, of a back end. */
#define NONE	0
mtype:state = {
	HOLD, SENT, DOUBT, FORWARD, RECALLING, WAITING, HOMING, ENDED,
	ADOPTING, OWNED, RETURNING, T_REFUSED, T_CLOSED, T_ACKED, T_RETURNED
};

/* --- sessions --------------------------------------------------------- */

#define DEAD	0
#define DIALLED	1	/* HELLO is on its way, or was taken */
#define UP	2

chan f2b[NBE] = [QUEUE] of { mtype:msg, byte, byte };	/* type, flow, epoch */
chan b2f[NBE] = [QUEUE] of { mtype:msg, byte, byte };
#ifdef BREAK_S2
byte old[NBE];		/* 1 + flow of a HANDOFF not read in its session */
byte oldep[NBE];
#endif

byte fs[NBE];		/* the front end's end of the session */
bool bs[NBE];		/* the back end's end is UP */
bool joined[NBE];	/* both are ends of one connection that holds */
bool hello[NBE];	/* HELLO of that connection not yet read */
byte part[NBE];		/* 1 + flow whose HANDOFF has not left completely */

byte feboot;		/* boot id of the front end */
byte hisboot[NBE];	/* ... that the back end's session is with */
byte inboot[NBE];	/* ... that the back end's records are of */
byte beboot[NBE];	/* boot id of a back end */
byte outboot[NBE];	/* ... with which the front end's session is */
#ifdef LATE_HELLO
bool late[NBE] = true;
#endif

/* --- records ---------------------------------------------------------- */

mtype:state fst[NFL];		/* front end: state */
byte ep[NFL];		/* epoch */
byte to[NFL];		/* back end that the epoch is for */
byte kboot[NFL];	/* R3: boot that the HANDOFF was sent to */
bool gone[NFL];		/* L16: the minisock was killed */
bool cancel[NFL];	/* L17: cancel wanted */
byte iver[NFL];		/* the image is of the state that epoch left behind */

#define R(b, f)	((b) * NFL + (f))
mtype:state rst[NBE * NFL];	/* back ends: state */
byte rep[NBE * NFL];	/* epoch */
bool want[NBE * NFL];	/* B10: IDLE is wanted */
bool fgt[NBE * NFL];	/* B8, B9, B23: the socket ends, now or later */

/* --- what only the checks know ---------------------------------------- */

#ifdef AGAIN
#define NCO	1
#define C(f)	0
#else
#define NCO	NFL
#define C(f)	(f)
#endif

#define C_LIVE	0
#define C_ENDED	1	/* by TCP */
#define C_RESET	2	/* and counted */

byte cl[NCO];		/* the client's end */
bool home[NCO];		/* the front end has a socket */
byte ver[NCO];		/* epoch of the last adoption by a back end */
bool begun[NFL];

/* R1: for each (flow, epoch); UNKNOWN may follow the others */
#define A_ADOPTED	1
#define A_REFUSED	2
#define A_UNKNOWN	4
byte said[NFL * NEP];
#define SAID(f, e)	said[(f) * NEP + (e) - 1]

#define BAD		assert(false)

inline say(f, e, what) {
	if
	:: what == A_ADOPTED ->
		assert((SAID(f, e) & (A_REFUSED | A_UNKNOWN)) == 0)
	:: what == A_REFUSED ->
		assert((SAID(f, e) & (A_ADOPTED | A_UNKNOWN)) == 0)
	:: else
	fi;
	SAID(f, e) = SAID(f, e) | what
}

inline empty_chan(q) {
	do
	:: nempty(q) -> q?t, f, e
	:: empty(q) -> break
	od;
	t = 0; f = 0; e = 0
}

/*
 * What is sent into a connection that the other end has given up is lost.  A
 * loss of what was on its way is a receiver that reads no more of it before it
 * gives up the session, which it may do at any moment.
 */
inline fe_send(b, t, f, e) {
	if
	:: fs[b] == UP && joined[b] -> assert(nfull(f2b[b])); f2b[b]!t(f, e)
	:: else
	fi
}

/* 2.3: an answer that finds no session is not queued. */
inline be_send(b, t, f, e) {
	if
	:: bs[b] && joined[b] && hisboot[b] == inboot[b] ->
		assert(nfull(b2f[b])); b2f[b]!t(f, e)
	:: else
	fi
}

/* --- the front end's actions ------------------------------------------ */

inline fe_remove(f) {
	fst[f] = NONE; ep[f] = 0; to[f] = 0; kboot[f] = 0;
	gone[f] = false; cancel[f] = false; iver[f] = 0
}

/* Reset the client, and count it */
inline reset_client(f) {
	if
	:: cl[C(f)] == C_LIVE -> cl[C(f)] = C_RESET
	:: else
	fi
}

/* To HOMING, or HOLD with the next epoch (F2, F4, F7, L2) */
inline fe_elsewhere(f) {
	cancel[f] = false;
	if
	:: gone[f] -> reset_client(f); fe_remove(f)
	:: !gone[f] -> fst[f] = HOMING
	:: !gone[f] && ep[f] < NEP ->
		ep[f]++;
		fst[f] = HOLD;
		kboot[f] = 0;
		if
		:: to[f] = 0
#if NBE == 2
		:: to[f] = 1
#endif
		fi
	fi
}

/* L11: given up while the back end may have it */
inline fe_give_up(f) {
	reset_client(f);
#ifdef NOW
	fe_remove(f)
#else
	fst[f] = ENDED; gone[f] = false; cancel[f] = false; iver[f] = 0;
	fe_send(to[f], FORGET, f, ep[f])
#endif
}

/* F3, F6: as the client's end has ended, this must not be LIVE any more */
inline fe_ended(f) {
	fe_remove(f)
}

/* Section 4.1 */
inline fe_adopted(b, f, e) {
	if
	:: fst[f] == HOLD || fst[f] == HOMING -> BAD
	:: fst[f] == SENT || fst[f] == DOUBT ->			/* F1 */
		iver[f] = 0; cancel[f] = false;
		if
		:: gone[f] -> fe_give_up(f)
		:: else -> fst[f] = FORWARD
		fi
	:: fst[f] == NONE ->					/* F11 */
#ifndef NOW
		fe_send(b, FORGET, f, e)
#else
		skip
#endif
	:: else							/* F5, ign */
	fi
}

inline fe_refused(b, f, e) {
	if
	:: fst[f] == HOLD || fst[f] == FORWARD || fst[f] == RECALLING ||
	   fst[f] == WAITING -> BAD
	:: fst[f] == SENT || fst[f] == DOUBT -> fe_elsewhere(f)	/* F2 */
	:: fst[f] == ENDED -> fe_remove(f)			/* F10 */
	:: else							/* ign */
	fi
}

inline fe_closed(b, f, e) {
	if
	:: fst[f] == HOLD || fst[f] == HOMING -> BAD
	:: fst[f] == NONE ->					/* F12 */
#ifndef BREAK_F12
		fe_send(b, CLOSED_ACK, f, e)
#else
		skip
#endif
	:: else ->						/* F3, F10 */
		fe_ended(f);
		fe_send(b, CLOSED_ACK, f, e)
	fi
}

inline fe_unknown(b, f, e) {
	if
	:: fst[f] == HOLD || fst[f] == SENT -> BAD
	:: fst[f] == DOUBT ->					/* F4 */
#ifndef BREAK_F4
		fe_elsewhere(f)
#else
		fe_remove(f)
#endif
	:: fst[f] == FORWARD || fst[f] == RECALLING ||
	   fst[f] == WAITING -> fe_ended(f)			/* F6 */
	:: fst[f] == ENDED -> fe_remove(f)			/* F10 */
	:: else							/* ign */
	fi
}

inline fe_returned(b, f, e) {
	if
	:: fst[f] == RECALLING ->				/* F7 */
		iver[f] = e;
#ifndef BREAK_F7
		fe_send(b, RETURNED_ACK, f, e);
#endif
		fe_elsewhere(f)
	:: fst[f] == HOMING || fst[f] == ENDED || fst[f] == NONE ->
		fe_send(b, RETURNED_ACK, f, e)			/* F12 */
	:: else -> BAD
	fi
}

inline fe_busy(b, f, e) {
	if
	:: fst[f] == RECALLING -> fst[f] = WAITING		/* F8 */
	:: fst[f] == ENDED || fst[f] == NONE			/* ign */
	:: else -> BAD
	fi
}

inline fe_idle(b, f, e) {
	if
	:: fst[f] == WAITING ->					/* F9 */
		fst[f] = RECALLING;
		fe_send(b, RECALL_, f, e)
	:: fst[f] == FORWARD || fst[f] == RECALLING || fst[f] == ENDED ||
	   fst[f] == NONE					/* ign */
	:: else -> BAD
	fi
}

inline fe_rcv(b, t, f, e) {
	if
#ifndef BREAK_R8
	:: fst[f] != NONE && e < ep[f] ->			/* R8 */
		if
		:: t == CLOSED -> fe_send(b, CLOSED_ACK, f, e)
		:: t == RETURNED -> fe_send(b, RETURNED_ACK, f, e)
		:: else
		fi
	:: fst[f] == NONE || e >= ep[f] ->
		assert(fst[f] == NONE || e == ep[f] && b == to[f]); /* R9 */
#else
	:: true ->
#endif
		if
		:: t == ADOPTED -> fe_adopted(b, f, e)
		:: t == REFUSED -> fe_refused(b, f, e)
		:: t == CLOSED -> fe_closed(b, f, e)
		:: t == UNKNOWN -> fe_unknown(b, f, e)
		:: t == RETURNED -> fe_returned(b, f, e)
		:: t == BUSY -> fe_busy(b, f, e)
		:: t == IDLE -> fe_idle(b, f, e)
		fi
	fi
}

/* Section 4.2, "session down": the front end's worker has finished (S2). */
inline fe_down_flow(b, f) {
	if
	:: fst[f] == SENT && to[f] == b ->			/* L3 */
		if
#ifndef BREAK_R3
		:: part[b] == f + 1 ->
#else
		:: true ->
#endif
			fe_elsewhere(f)				/* L2 */
		:: else -> fst[f] = DOUBT
		fi
	:: fst[f] == WAITING && to[f] == b ->			/* L4 */
#ifndef BREAK_L4
		fst[f] = RECALLING
#else
		skip
#endif
	:: else
	fi
}

/*
 * The end of the front end's end.  What has left can still be read over there,
 * but not a HANDOFF without its last byte, nor what was queued behind it.
 */
inline fe_kill(b) {
	if
	:: part[b] ->
		n = len(f2b[b]);
		do
		:: n > 0 ->
			f2b[b]?t, f, e;
			n--;
			if
			:: t == HANDOFF && f == part[b] - 1 -> break
			:: else -> f2b[b]!t, f, e
			fi
		:: n == 0 -> break
		od;
		do
		:: n > 0 -> f2b[b]?t, f, e; n--
		:: n == 0 -> break
		od;
		t = 0; f = 0; e = 0
	:: else
	fi;
	empty_chan(b2f[b]);
	fs[b] = DEAD;
	joined[b] = false;
	hello[b] = false;
	outboot[b] = 0
}

inline fe_down(b) {
	fe_kill(b);
	fe_down_flow(b, 0);
#if NFL == 2
	fe_down_flow(b, 1);
#endif
	part[b] = 0
}

/* "up, same boot" and "up, new boot" (S3) */
inline fe_up_flow(b, f) {
	if
	:: fst[f] == NONE || to[f] != b || fst[f] == HOLD || fst[f] == HOMING
	:: fst[f] == SENT && to[f] == b -> BAD			/* n/a */
	:: fst[f] == WAITING && to[f] == b && kboot[f] == outboot[b] ->
#ifndef BREAK_L4
		BAD						/* n/a */
#else
		skip
#endif
	:: fst[f] > NONE && fst[f] != HOLD && fst[f] != HOMING &&
	   to[f] == b && kboot[f] != outboot[b] ->		/* L9, L10 */
#ifdef BREAK_L9
		if
		:: fst[f] == DOUBT -> fst[f] = HOMING
		:: else -> reset_client(f); fe_remove(f)
		fi
#else
		reset_client(f);
		fe_remove(f)
#endif
	:: fst[f] == DOUBT && to[f] == b && kboot[f] == outboot[b] -> /* L5 */
#if defined(BREAK_R2)
		fe_send(b, HANDOFF, f, ep[f])
#elif defined(BREAK_L5)
		skip
#else
		if
		:: gone[f] || cancel[f] -> fe_send(b, CANCEL, f, ep[f])
		:: else -> fe_send(b, QUERY, f, ep[f])
		fi
#endif
	:: fst[f] == FORWARD && to[f] == b && kboot[f] == outboot[b] -> /* L6 */
		if
		:: skip
		:: fe_send(b, QUERY, f, ep[f])
		fi
	:: fst[f] == RECALLING && to[f] == b && kboot[f] == outboot[b] ->
		/* L7 */
		fe_send(b, RECALL_, f, ep[f])
	:: fst[f] == ENDED && to[f] == b && kboot[f] == outboot[b] -> /* L8 */
#ifndef BREAK_L8
		fe_send(b, FORGET, f, ep[f])
#else
		skip
#endif
	fi
}

inline fe_up(b) {
	fs[b] = UP;
	fe_up_flow(b, 0)
#if NFL == 2
	; fe_up_flow(b, 1)
#endif
}

/* "Peer removed", and configured again at once: its flows are inherited */
inline fe_peer_flow(b, f) {
	if
	:: fst[f] == HOLD && to[f] == b -> fe_elsewhere(f)	/* L2 */
	:: (fst[f] == RECALLING || fst[f] == WAITING) && to[f] == b ->
		fe_give_up(f)					/* L14 */
#ifdef BREAK_L14
		; fe_remove(f)
#endif
#ifdef BREAK_L10
	:: fst[f] == ENDED && to[f] == b -> fe_remove(f)
#endif
	:: else
	fi
}

proctype fe_session(byte b)
{
	mtype:msg t;
	byte f, e, n;
end:
	do
	:: atomic { fs[b] == DEAD ->				/* S1 */
		fs[b] = DIALLED;
		hello[b] = true
	   }
	:: atomic { fs[b] != DEAD -> fe_down(b) }
	:: atomic { fs[b] != DEAD && len(b2f[b]) > 0 ->
		b2f[b]?t, f, e;
		if
		:: t == HELLO_ACK ->				/* S3 */
			assert(fs[b] == DIALLED);
			outboot[b] = e;
			fe_up(b)
		:: else ->
			assert(fs[b] == UP);
			fe_rcv(b, t, f, e)
		fi;
		t = 0; f = 0; e = 0
	   }
	/* R3: the socket has taken the last byte */
	:: atomic { part[b] -> part[b] = 0 }
#ifdef PEERS
	:: atomic { fs[b] != DEAD ->
		fe_peer_flow(b, 0);
#if NFL == 2
		fe_peer_flow(b, 1);
#endif
		fe_down(b)
	   }
#endif
	od
}

/* What a host says unasked, again and again, waits for room on the way. */
#define ROOM(b, most)	(len(f2b[b]) + len(b2f[b]) <= (most))

/* Section 4.2, but for sessions */
proctype fe_flow(byte f)
{
end:
	do
	/* L1; R2: the epoch is sent once, as it leaves HOLD here */
	:: atomic { fst[f] == HOLD && fs[to[f]] == UP && !part[to[f]] ->
		assert(iver[f] == ver[C(f)]);
		fst[f] = SENT;
		kboot[f] = outboot[to[f]];
		part[to[f]] = f + 1;
		fe_send(to[f], HANDOFF, f, ep[f])
	   }
	/* L2: deadline, session down, peer removed, cancel wanted */
	:: atomic { fst[f] == HOLD -> fe_elsewhere(f) }
	/* deadline: L11 */
	:: atomic { fst[f] == SENT || fst[f] == DOUBT ||
		    fst[f] == RECALLING || fst[f] == WAITING -> fe_give_up(f) }
	/* minisock killed: L15, L12, L11 */
	:: atomic { fst[f] == HOLD || fst[f] == HOMING ->
		reset_client(f);
		fe_remove(f)
	   }
	:: atomic { fst[f] == FORWARD -> fe_give_up(f) }	/* L13, too */
#ifndef NOW
	/* L16, L17 */
	:: atomic { (fst[f] == SENT || fst[f] == DOUBT) && !gone[f] ->
		gone[f] = true;
		fe_send(to[f], CANCEL, f, ep[f])
	   }
	:: atomic { (fst[f] == SENT || fst[f] == DOUBT) && !cancel[f] &&
		    !gone[f] ->
		cancel[f] = true;
		fe_send(to[f], CANCEL, f, ep[f])
	   }
#endif
	/* L13, L22 */
	:: atomic { fst[f] == FORWARD && fs[to[f]] == UP && ROOM(to[f], 1) ->
		fe_send(to[f], QUERY, f, ep[f]) }
#ifdef RECALL
	/* L18 */
	:: atomic { fst[f] == FORWARD && fs[to[f]] == UP && ROOM(to[f], 3) ->
		fst[f] = RECALLING;
		fe_send(to[f], RECALL_, f, ep[f])
	   }
	/* L19 */
	:: atomic { fst[f] == WAITING -> fst[f] = FORWARD }
#endif
	/* L20; L21 is nothing happening, L12 above */
	:: atomic { fst[f] == HOMING ->
		assert(iver[f] == ver[C(f)]);
		home[C(f)] = true;
		ver[C(f)] = 0;
		fe_remove(f)
	   }
#ifdef AGAIN
	:: atomic { f == 1 && !begun[1] && home[0] ->
		begun[1] = true;
		home[0] = false;
		fst[1] = HOLD;
		ep[1] = 1;
		if
		:: to[1] = 0
#if NBE == 2
		:: to[1] = 1
#endif
		fi
	   }
#endif
	od
}

/* --- the back end's actions ------------------------------------------- */

inline be_remove(b, f) {
	rst[R(b, f)] = NONE; rep[R(b, f)] = 0;
	want[R(b, f)] = false; fgt[R(b, f)] = false
}

/* Are these records of the front end's boot that is there now? */
#define CURRENT(b)	(inboot[b] == feboot)

/* B14: a socket has it */
inline be_own(b, f) {
	rst[R(b, f)] = OWNED;
	if
	:: CURRENT(b) ->
		say(f, rep[R(b, f)], A_ADOPTED);
		ver[C(f)] = rep[R(b, f)]
	:: else
	fi;
	be_send(b, ADOPTED, f, rep[R(b, f)])
}

/* B17, and with how == C_RESET B9 */
inline be_close(b, f, how) {
	rst[R(b, f)] = T_CLOSED;
	want[R(b, f)] = false; fgt[R(b, f)] = false;
	if
	:: CURRENT(b) && cl[C(f)] == C_LIVE -> cl[C(f)] = how
	:: else
	fi;
	be_send(b, CLOSED, f, rep[R(b, f)])
}

inline be_unknown(b, f, e) {					/* B6 */
	if
	:: CURRENT(b) -> say(f, e, A_UNKNOWN)
	:: else
	fi;
	be_send(b, UNKNOWN, f, e)
}

/* Column "none" of section 5.1, and of any higher epoch */
inline be_rcv_none(b, t, f, e) {
	if
	:: t == HANDOFF ->					/* B1, B2 */
		assert(!CURRENT(b) || SAID(f, e) == 0);
		rst[R(b, f)] = ADOPTING;
		rep[R(b, f)] = e;
		want[R(b, f)] = false; fgt[R(b, f)] = false
	:: t == QUERY || t == CANCEL || t == FORGET || t == RECALL_ ->
		be_unknown(b, f, e)
	:: t == RETURNED_ACK || t == CLOSED_ACK			/* ign */
	fi
}

inline be_rcv_higher(b, t, f, e) {				/* R8 */
	if
	:: rst[R(b, f)] == ADOPTING || rst[R(b, f)] == OWNED ||
	   rst[R(b, f)] == T_CLOSED || rst[R(b, f)] == T_ACKED -> BAD
	:: rst[R(b, f)] == RETURNING -> rst[R(b, f)] = T_RETURNED
	:: else
	fi;
	be_rcv_none(b, t, f, e)
}

inline be_rcv_adopting(b, t, f, e) {
	if
	:: t == HANDOFF						/* ign */
	:: t == QUERY ->					/* ign */
#ifdef BREAK_B1
		be_unknown(b, f, e)
#else
		skip
#endif
	:: t == CANCEL ->					/* B7 */
#ifdef BREAK_R1
		say(f, e, A_REFUSED);
		be_send(b, REFUSED, f, e)
#else
		skip
#endif
	:: t == FORGET ->					/* B8 */
#ifndef BREAK_B8
		fgt[R(b, f)] = true
#else
		skip
#endif
	:: else -> BAD
	fi
}

inline be_rcv_owned(b, t, f, e) {
	if
	:: t == HANDOFF || t == QUERY || t == CANCEL ->		/* B3 */
		be_send(b, ADOPTED, f, e)
	:: t == FORGET -> fgt[R(b, f)] = true			/* B9 */
	:: t == RECALL_ ->					/* B10 */
		if
		:: fgt[R(b, f)]					/* ign */
		:: !fgt[R(b, f)] -> rst[R(b, f)] = RETURNING;
		   want[R(b, f)] = false;
		   be_send(b, RETURNED, f, e)
		:: !fgt[R(b, f)] -> want[R(b, f)] = true;
		   be_send(b, BUSY, f, e)
		fi
	:: else -> BAD
	fi
}

inline be_rcv_returning(b, t, f, e) {
	if
	:: t == FORGET -> be_close(b, f, C_RESET)		/* B9 */
	:: t == RECALL_						/* ign */
	:: t == RETURNED_ACK -> rst[R(b, f)] = T_RETURNED	/* B12 */
	:: else -> BAD
	fi
}

inline be_rcv_refused(b, t, f, e) {
	if
	:: t == HANDOFF || t == QUERY || t == CANCEL || t == FORGET ->
		be_send(b, REFUSED, f, e)			/* B4 */
	:: else -> BAD
	fi
}

inline be_rcv_closed(b, t, f, e) {
	if
	:: t == RETURNED_ACK					/* ign */
	:: t == CLOSED_ACK -> rst[R(b, f)] = T_ACKED		/* B13, ign */
	:: else -> be_send(b, CLOSED, f, e)			/* B5 */
	fi
}

inline be_rcv_returned(b, t, f, e) {
	if
	:: t == FORGET || t == RECALL_ -> be_unknown(b, f, e)	/* B6 */
	:: t == RETURNED_ACK					/* ign */
	:: else -> BAD
	fi
}

/* Section 5.1 */
inline be_rcv(b, t, f, e) {
	if
	:: rst[R(b, f)] == NONE -> be_rcv_none(b, t, f, e)
	:: rst[R(b, f)] != NONE && e < rep[R(b, f)] ->		/* R8 */
		assert(t == CLOSED_ACK || t == RETURNED_ACK)
	:: rst[R(b, f)] != NONE && e > rep[R(b, f)] ->
		be_rcv_higher(b, t, f, e)
	:: rst[R(b, f)] != NONE && e == rep[R(b, f)] ->
		if
		:: rst[R(b, f)] == ADOPTING -> be_rcv_adopting(b, t, f, e)
		:: rst[R(b, f)] == OWNED -> be_rcv_owned(b, t, f, e)
		:: rst[R(b, f)] == RETURNING -> be_rcv_returning(b, t, f, e)
		:: rst[R(b, f)] == T_REFUSED -> be_rcv_refused(b, t, f, e)
		:: rst[R(b, f)] == T_CLOSED || rst[R(b, f)] == T_ACKED ->
			be_rcv_closed(b, t, f, e)
		:: rst[R(b, f)] == T_RETURNED -> be_rcv_returned(b, t, f, e)
		fi
	fi
}

/* B20, B11 */
inline be_up_flow(b, f) {
	if
#ifndef BREAK_B20
	:: rst[R(b, f)] == T_CLOSED -> be_send(b, CLOSED, f, rep[R(b, f)])
#endif
#ifndef BREAK_B11
	:: rst[R(b, f)] == RETURNING -> be_send(b, RETURNED, f, rep[R(b, f)])
#endif
	:: else
	fi
}

/* B21, B22 */
inline be_new_boot(b) {
	if
	:: CURRENT(b) && cl[C(0)] == C_LIVE && rst[R(b, 0)] == OWNED ->
		cl[C(0)] = C_RESET
	:: else
	fi;
	be_remove(b, 0);
#if NFL == 2
	if
	:: CURRENT(b) && cl[C(1)] == C_LIVE && rst[R(b, 1)] == OWNED ->
		cl[C(1)] = C_RESET
	:: else
	fi;
	be_remove(b, 1);
#endif
	inboot[b] = hisboot[b]
}

/* The old session, its unread bytes and its worker: S2. */
inline be_kill(b) {
#ifdef BREAK_S2
	do
	:: nempty(f2b[b]) ->
		f2b[b]?t, f, e;
		if
		:: t == HANDOFF && feboot == hisboot[b] ->
			old[b] = f + 1;
			oldep[b] = e
		:: else
		fi
	:: empty(f2b[b]) -> break
	od;
#else
	empty_chan(f2b[b]);
#endif
	bs[b] = false
}

/* "Peer removed", and configured again at once: its flows are inherited */
inline be_peer_flow(b, f) {
	if
	:: rst[R(b, f)] == OWNED ->				/* B23 */
#ifndef BREAK_B23
		fgt[R(b, f)] = true
#else
		be_close(b, f, C_RESET);
		be_remove(b, f)
	:: rst[R(b, f)] == T_CLOSED -> be_remove(b, f)
#endif
	:: rst[R(b, f)] == ADOPTING -> fgt[R(b, f)] = true
#ifdef BREAK_B23_RETURNING
	:: rst[R(b, f)] == RETURNING -> be_close(b, f, C_RESET)
#endif
	:: else
	fi
}

inline be_hello(b, boot) {					/* S2 */
	be_kill(b);
	bs[b] = true;
	hisboot[b] = boot;
#ifdef BREAK_S2_BOOT
	if
	:: hisboot[b] != inboot[b] -> be_new_boot(b)
	:: else
	fi
#endif
}

proctype be_session(byte b)
{
	mtype:msg t;
	byte f, e;
end:
	do
	:: atomic { hello[b] ->
		hello[b] = false;
		be_hello(b, feboot);
		joined[b] = true;
		b2f[b]!HELLO_ACK(0, beboot[b]);
		be_up_flow(b, 0);
#if NFL == 2
		be_up_flow(b, 1);
#endif
		t = 0; f = 0; e = 0
	   }
	/* S2, "new boot": the first message behind HELLO, a PING */
	:: atomic { bs[b] && joined[b] && fs[b] == UP &&
		    hisboot[b] != inboot[b] ->
#ifndef BREAK_B21
		be_new_boot(b)
#else
		inboot[b] = hisboot[b]
#endif
	   }
	/* also what is left of a session that the front end has given up */
	:: atomic { bs[b] && len(f2b[b]) > 0 &&
		    !(joined[b] && part[b] && f2b[b]?[HANDOFF, _, _]) ->
		if
		:: hisboot[b] != inboot[b] -> be_new_boot(b)
		:: else
		fi;
		f2b[b]?t, f, e;
		be_rcv(b, t, f, e);
		t = 0; f = 0; e = 0
	   }
	:: atomic { bs[b] ->					/* B19 */
		empty_chan(f2b[b]);
		bs[b] = false;
		joined[b] = false;
		want[R(b, 0)] = false
#if NFL == 2
		; want[R(b, 1)] = false
#endif
	   }
#ifdef BREAK_S2
	:: atomic { bs[b] && old[b] ->
		f = old[b] - 1;
		e = oldep[b];
		old[b] = 0;
		oldep[b] = 0;
		be_rcv(b, HANDOFF, f, e);
		t = 0; f = 0; e = 0
	   }
#endif
#ifdef PEERS
	:: atomic { bs[b] ->
		empty_chan(f2b[b]);
		bs[b] = false;
		joined[b] = false;
		be_peer_flow(b, 0)
#if NFL == 2
		; be_peer_flow(b, 1)
#endif
	   }
#endif
#ifdef LATE_HELLO
	/* The connection is a dead one, but the back end does not know. */
	:: atomic { late[b] ->
		late[b] = false;
		be_hello(b, 255);
		joined[b] = false;
		t = 0; f = 0; e = 0
	   }
#endif
	od
}

/* An hour is more than any deadline: R4. */
#define ABOUT(b, f)	(CURRENT(b) && to[f] == b && ep[f] == rep[R(b, f)])
#ifndef BREAK_R4
#define IN_DOUBT(b, f)	(ABOUT(b, f) && (fst[f] == SENT || fst[f] == DOUBT))
#else
#define IN_DOUBT(b, f)	false
#endif
#ifndef BREAK_R4_RETURNING
#define RECALLED(b, f)	(ABOUT(b, f) && fst[f] == RECALLING)
#else
#define RECALLED(b, f)	false
#endif

/* Section 5.2 */
proctype be_flow(byte b; byte f)
{
end:
	do
#ifndef BREAK_B14
	:: atomic { rst[R(b, f)] == ADOPTING ->			/* B14 */
		be_own(b, f);
		if
		:: skip
		:: be_close(b, f, C_ENDED)			/* B16 */
		fi
	   }
#else
	/* the answer is sent, then the record says so */
	:: atomic { rst[R(b, f)] == ADOPTING && !want[R(b, f)] ->
		want[R(b, f)] = true;
		be_send(b, ADOPTED, f, rep[R(b, f)])
	   }
	:: atomic { rst[R(b, f)] == ADOPTING && want[R(b, f)] ->
		rst[R(b, f)] = OWNED;
		want[R(b, f)] = false;
		ver[C(f)] = rep[R(b, f)]
	   }
#endif
	:: atomic { rst[R(b, f)] == ADOPTING && !want[R(b, f)] -> /* B15 */
		rst[R(b, f)] = T_REFUSED;
		fgt[R(b, f)] = false;
		if
		:: CURRENT(b) -> say(f, rep[R(b, f)], A_REFUSED)
		:: else
		fi;
		be_send(b, REFUSED, f, rep[R(b, f)])
	   }
	/* B8, B9, B23: when the program lets go of the socket */
	:: atomic { rst[R(b, f)] == OWNED && fgt[R(b, f)] ->
		be_close(b, f, C_RESET) }
	:: atomic { rst[R(b, f)] == OWNED ->			/* B17 */
		be_close(b, f, C_ENDED) }
	/* B18 */
	:: atomic { rst[R(b, f)] == OWNED && want[R(b, f)] && ROOM(b, 3) ->
		want[R(b, f)] = false;
		be_send(b, IDLE, f, rep[R(b, f)])
	   }
	/* B22: time, or another flow needs the place */
	:: atomic { rst[R(b, f)] == T_REFUSED || rst[R(b, f)] == T_ACKED ||
		    rst[R(b, f)] == T_RETURNED -> be_remove(b, f) }
	/* R4: after an hour */
	:: atomic { rst[R(b, f)] == T_CLOSED && !IN_DOUBT(b, f) ->
		be_remove(b, f) }
	:: atomic { rst[R(b, f)] == RETURNING && !RECALLED(b, f) ->
		be_remove(b, f) }
#ifdef BREAK_B9
	/* a socket is built from the image that was kept */
	:: atomic { rst[R(b, f)] == RETURNING && !bs[b] ->
		rst[R(b, f)] = OWNED }
#endif
	od
}

/* --- restarts ---------------------------------------------------------- */

proctype be_restart(byte b)
{
	mtype:msg t;
	byte f, e;
end:
	do
	:: atomic { beboot[b] < BE_BOOTS ->
		beboot[b]++;
		empty_chan(f2b[b]);
		bs[b] = false;
		joined[b] = false;
		be_remove(b, 0);
#if NFL == 2
		be_remove(b, 1);
#endif
		inboot[b] = feboot;
		hisboot[b] = feboot
	   }
	od
}

proctype fe_restart()
{
	mtype:msg t;
	byte b, f, e, n;
end:
	do
	:: atomic { feboot < FE_BOOTS ->
		feboot++;
		for (b : 0 .. NBE - 1) {
			fe_kill(b);
			part[b] = 0
		}
		b = 0;
		/* no socket here: the client's next packet draws a reset */
		reset_client(0);
		fe_remove(0);
		home[0] = false;
#if NFL == 2
		reset_client(1);
		fe_remove(1);
		home[C(1)] = false;
#endif
	   }
	od
}

/* --- the checks -------------------------------------------------------- */

#define HAS(b, f)	(CURRENT(b) && rst[R(b, f)] == OWNED)
#if NBE == 2
#define BE_OWNERS(f)	(HAS(0, f) + HAS(1, f))
#else
#define BE_OWNERS(f)	HAS(0, f)
#endif

/* 6.1 */
#ifdef AGAIN
#define ONE_OWNER	(home[0] + BE_OWNERS(0) + BE_OWNERS(1) <= 1)
#elif NFL == 2
#define ONE_OWNER	(home[0] + BE_OWNERS(0) <= 1 &&			\
			 home[1] + BE_OWNERS(1) <= 1)
#else
#define ONE_OWNER	(home[0] + BE_OWNERS(0) <= 1)
#endif

/* 6.2: somebody knows of it as long as the client thinks that it lives */
#ifdef AGAIN
#define REMEMBERED	(cl[0] != C_LIVE || home[0] ||			\
			 fst[0] != NONE || fst[1] != NONE)
#elif NFL == 2
#define REMEMBERED	((cl[0] != C_LIVE || home[0] || fst[0] != NONE) && \
			 (cl[1] != C_LIVE || home[1] || fst[1] != NONE))
#else
#define REMEMBERED	(cl[0] != C_LIVE || home[0] || fst[0] != NONE)
#endif

#define QUIET(b)	(fs[b] == UP && bs[b] && joined[b] && !part[b] && \
			 hisboot[b] == inboot[b] &&			\
			 len(f2b[b]) == 0 && len(b2f[b]) == 0)

/* What the other host may have if the front end has nothing there */
#define NOTHING(b, f)	(rst[R(b, f)] == NONE || rst[R(b, f)] == T_REFUSED || \
			 rst[R(b, f)] == T_ACKED || rst[R(b, f)] == T_RETURNED)
#ifdef NOW
#define LEFT(b, f)	(NOTHING(b, f) || cl[C(f)] != C_LIVE)
#else
#define LEFT(b, f)	NOTHING(b, f)
#endif

/* CLOSED was heard by nobody for an hour: idleness (L13) finds out (F6) */
#define ASKED_LATER(b, f)	(rst[R(b, f)] == NONE && cl[C(f)] != C_LIVE)

/* The socket of a flow is about to end, and CLOSED to be sent */
#define ENDS(b, f)	(rst[R(b, f)] == OWNED && fgt[R(b, f)])

#define AGREE(b, f) (ENDS(b, f) || (					\
	(fst[f] == NONE || to[f] != b || fst[f] == HOLD ||		\
	 fst[f] == HOMING) -> LEFT(b, f) : (				\
	(fst[f] == SENT || fst[f] == DOUBT || fst[f] == ENDED) ->	\
		rst[R(b, f)] == ADOPTING && rep[R(b, f)] == ep[f] : (	\
	(fst[f] == FORWARD) ->						\
		rst[R(b, f)] == OWNED && rep[R(b, f)] == ep[f] ||	\
		ASKED_LATER(b, f) : (					\
	(fst[f] == WAITING) ->						\
		rst[R(b, f)] == OWNED && want[R(b, f)] : false)))))

#if NFL == 2
#define AGREED(b)	(!QUIET(b) || AGREE(b, 0) && AGREE(b, 1))
#else
#define AGREED(b)	(!QUIET(b) || AGREE(b, 0))
#endif

/* Can only go on, and fail, where something is wrong. */
proctype checks()
{
end:
	if
	:: !ONE_OWNER -> assert(ONE_OWNER)
	:: !REMEMBERED -> assert(REMEMBERED)
	:: !AGREED(0) -> assert(AGREED(0))
#if NBE == 2
	:: !AGREED(1) -> assert(AGREED(1))
#endif
	fi
}

init {
	byte b;

	atomic {
		fst[0] = HOLD;
		ep[0] = 1;
		begun[0] = true;
#if NFL == 2 && !defined(AGAIN)
		fst[1] = HOLD;
		ep[1] = 1;
		begun[1] = true;
#endif
		run checks();
		run fe_flow(0);
#if NFL == 2
		run fe_flow(1);
#endif
		run fe_restart();
		for (b : 0 .. NBE - 1) {
			run fe_session(b);
			run be_session(b);
			run be_flow(b, 0);
#if NFL == 2
			run be_flow(b, 1);
#endif
			run be_restart(b)
		}
		b = 0;
	}
}
