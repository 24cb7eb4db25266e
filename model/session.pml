/* session.pml - the session among asynchronous neighbours.
 *
 * The transitions are generated (session.gen.pml). Written by hand here: the
 * neighbours, who act whenever they like, and the laws. Spin checks the laws
 * over every interleaving.
 *
 * A message on its way is a neighbour between two of its steps: it has decided
 * what to say, and says it at any later time. The numbers that messages carry
 * (epoch, visit, offer, transfer) matter only as "still the current one": that
 * is a bit of the neighbour (…_now), cleared when the number moves on. So no
 * counter bounds the search. Who polls every inbox in turn lets each neighbour
 * say its word some day: weak fairness, under which the ltl claims are checked.
 */
#define CALLS 2 /* what an integration asks for, beside all the others */

#define G_ALWAYS        true
#define G_THIS_HOLD     now
#define G_BOT_HOLD      (h == H_BOT && now)
#define G_BOT_IS_HERE   (h == H_BOT && !away)
#define G_BOT_IS_AWAY   (h == H_BOT && away)
#define G_SCRIPT_HOLDS  (h == H_SCRIPT)
#define G_SCRIPT_FREE   (h == H_SCRIPT && waits == H_NONE)
#define G_NOT_CLOSING   (!closing)
#define G_THIS_INVITE   now
#define G_BOT_INVITE    (now && part == H_BOT)
#define G_SCRIPT_INVITE (now && part == H_SCRIPT)
#define G_THIS_OFFER    now
#define G_THIS_TIMER    now
#define G_TIMER_TARGET  (now && arg)
#define G_BOT_TIMER     (now && h == H_BOT)
#define G_AWAY_TIMER    (now && h == H_BOT && away)
#define G_LOST_TIMER    (now && away)
#define G_THIS_AGENT    true
#define G_AGENT_IS_LOST away
#define G_AGENT_IS_HERE (!away)
#define G_PRIVILEGED    arg
#define G_NONE_WAITS    (waits == H_NONE)
#define G_THIS_TRANSFER (waits != H_NONE && now)

inline F_INVITE()         { assert(!invited); invited = true }
inline F_CLOSE_BOT()      { told = true }
inline F_STOP_TIMER()     { timer = false; timer_now = false }
inline F_START_TIMER()    { assert(!timer); timer = true; timer_now = false }
inline F_LEAVE_QUEUE()    { assert(place); place = false }
inline F_JOIN_QUEUE()     { assert(!place); place = true }
inline F_RESERVE()        { assert(!reserved && !busy); reserved = true;
                            agent_now = false }
inline F_UNRESERVE()      { assert(reserved); reserved = false }
inline F_BRIDGE()         { assert(reserved && !busy); reserved = false;
                            busy = true; bridged = true }
inline F_UNBRIDGE()       { assert(bridged); bridged = false }
inline F_FREE_AGENT()     { assert(busy); busy = false }
inline F_CLOSE_CUSTOMER() { assert(channel); channel = false }

#include "session.gen.pml"

/* The session. */
mtype:status st = S_NONE;
mtype:holder h = H_NONE;
mtype:holder part = H_NONE;  /* who is invited or was: BOT or SCRIPT */
mtype:holder waits = H_NONE; /* the transfer that waits: to QUEUE or BOT */
bool away, closing, ending;

/* What effects made of its neighbours. */
bool invited, told, timer, place, reserved, busy, bridged, channel = true;
bool leaving;  /* the customer wants no more */
bool line;     /* the bot's connection stands */
bool line_now; /* and was given the current hold */

/* Is what is on its way still about the current epoch, visit, …? */
bool bot_now, close_now, timer_now, agent_now, cancel_now, deadline_now;

/* @now: the number that the message carries is the current one. @arg: the
 * caller has the right, the timer has a target, the goodbye asks for the end,
 * or the transfer is to a bot. */
chan inbox = [0] of { mtype:cmd, bool, bool };

/* What names a number is refused once it has moved on. */
#define IS_NUMBERED                                                    \
  (c == C_ATTACH || c == C_GOODBYE || c == C_DETACH || c == C_ACCEPT || \
   c == C_DECLINE || c == C_TIMEOUT || c == C_CANCEL || c == C_EXPIRE)

inline step()
{
  was = st; held = h; refused = false;
  if
  :: c == C_TIMEOUT && now -> timer = false
  :: else
  fi;
  session_step();
  assert(refused || now || !IS_NUMBERED);
  if
  :: refused
  :: else ->
     /* A number that moves on makes stale what carries the old one. */
     if
     :: h != held || (st == S_PENDING && was != S_PENDING) ->
        bot_now = false; close_now = false; line_now = false
     :: else
     fi;
     if
     :: ev == E_OPENED -> part = (arg -> H_SCRIPT : H_BOT)
     :: ev == E_BOT_INVITED -> part = H_BOT
     :: ev == E_ATTACHED && h == H_BOT -> line = true; line_now = true
     :: ev == E_TRANSFER_WAITS -> waits = (arg -> H_BOT : H_QUEUE);
        cancel_now = false; deadline_now = false
     :: ev == E_TRANSFER_CANCELLED || ev == E_TRANSFER_EXPIRED -> waits = H_NONE
     :: ev == E_AGENT_LOST || ev == E_BOT_AWAY -> away = true
     :: ev == E_AGENT_RETURNED || ev == E_BOT_RETURNED -> away = false
     :: ev == E_BOT_DISMISSED -> closing = true
     :: ev == E_BOT_GOODBYE -> ending = arg
     :: else
     fi;
     if :: st != was -> away = false :: else fi;
     if :: st != S_PENDING -> invited = false :: else fi;
     if :: st != S_RELEASING -> closing = false :: else fi;
     if :: st != S_RELEASING && st != S_IDLE -> ending = false :: else fi;
     if
     :: st != S_CONNECTED && st != S_RELEASING && st != S_IDLE -> waits = H_NONE
     :: else
     fi;
     /* Who loses the hold otherwise than by its own close is told. */
     assert(held != H_BOT || h == H_BOT || told || c == C_DETACH ||
            c == C_BOT_AWAY);
     assert(was != S_PENDING || st == S_PENDING || told || c == C_ATTACH ||
            c == C_DETACH);
     told = false
  fi
}

/* The command, and what must follow it in the same step. */
inline whole_step()
{
  do
  :: step();
     if
     :: st == S_IDLE && !refused && waits != H_NONE ->
        c = (waits == H_BOT -> C_TRANSFER_BOT : C_TRANSFER);
        now = false; arg = false
     :: st == S_IDLE && !refused && waits == H_NONE && ending ->
        c = C_END; now = false; arg = false
     :: else -> break
     fi
  od
}

inline laws()
{
  assert(st != S_IDLE || (waits == H_NONE && !ending));
  assert((h == H_BOT || h == H_SCRIPT) ==
         (st == S_CONNECTED || st == S_RELEASING));
  assert((h == H_QUEUE) == (st == S_QUEUED || st == S_OFFERED));
  assert((h == H_AGENT) == (st == S_ACTIVE || st == S_WRAPUP));
  assert(place == (h == H_QUEUE));
  assert(invited == (st == S_PENDING));
  assert(reserved == (st == S_OFFERED));
  assert(busy == (h == H_AGENT));
  assert(bridged == (st == S_ACTIVE));
  assert(channel == (st != S_WRAPUP && st != S_COMPLETED));
  assert(timer == (st != S_NONE && st != S_COMPLETED && h != H_SCRIPT &&
                   !(st == S_ACTIVE && !away)))
}

active proctype Session()
{
  mtype:cmd c; mtype:event ev; mtype:status was; mtype:holder held;
  bool now, arg, refused;
end:
  do
  :: atomic {
       inbox ? c, now, arg ->
       d_step {
         whole_step();
         laws();
         c = C_OPEN; now = false; arg = false; refused = false;
         ev = E_OPENED; was = S_NONE; held = H_NONE
       }
     }
  od
}

active proctype Customer() /* opens the channel, and may leave or stay */
{
  if
  :: inbox ! C_OPEN, true, false
  :: inbox ! C_OPEN, true, true
  fi;
  if
  :: leaving = true; inbox ! C_LEAVE, true, false
  :: true
  fi
}

active proctype Party() /* bot or script: answers, and ends when it likes */
{
end:
  do
  :: atomic { invited -> bot_now = true };
     inbox ! C_ATTACH, bot_now, false
  :: atomic { line -> bot_now = line_now };
     if
     :: inbox ! C_GOODBYE, bot_now, false
     :: inbox ! C_GOODBYE, bot_now, true
     fi
  :: h == H_SCRIPT -> inbox ! C_DETACH, (h == H_SCRIPT), false
  :: line || h == H_SCRIPT -> end_silent: !line && h != H_SCRIPT
  od
}

active proctype Line() /* closes before, after or without a goodbye, or never */
{
  bool restarted;
end:
  do
  :: atomic { line -> close_now = line_now; line = false };
     inbox ! C_DETACH, close_now, false
  :: atomic { invited -> close_now = true }; /* cannot come */
     inbox ! C_DETACH, close_now, false
  :: line -> end_open: !line
  :: line && !restarted -> restarted = true; /* once; it may come back */
     inbox ! C_BOT_AWAY, true, false;
     inbox ! C_BOT_BACK, true, false
  od
}

active proctype Router() /* may answer after the session has left the queue */
{
end:
  do
  :: place && !reserved -> inbox ! C_MATCH, true, false
  od
}

active proctype Agent() /* answers, late or never; works; disappears */
{
end:
  do
  :: atomic { reserved -> agent_now = true };
     if
     :: inbox ! C_ACCEPT, agent_now, false
     :: inbox ! C_DECLINE, agent_now, false
     fi
  :: bridged ->
     if
     :: inbox ! C_END, true, true
     :: inbox ! C_TRANSFER, true, true
     :: inbox ! C_AGENT_LOST, true, false
     fi
  :: bridged && away -> inbox ! C_AGENT_BACK, true, false
  :: st == S_WRAPUP -> inbox ! C_DOCUMENTED, true, false
  od
}

/* While people talk, or a queue has no maximum, its timer need not fire. */
#define IS_PATIENT (st == S_QUEUED || (st == S_CONNECTED && !away))

active proctype Timer() /* fires late as often as on time */
{
end:
  do
  :: timer && IS_PATIENT -> end_patient: !IS_PATIENT
  :: atomic { timer -> timer_now = true };
     if
     :: inbox ! C_TIMEOUT, timer_now, false
     :: inbox ! C_TIMEOUT, timer_now, true
     fi
  od
}

active proctype Deadline() /* of the transfer that waits */
{
end:
  do
  :: atomic { waits != H_NONE -> deadline_now = true };
     inbox ! C_EXPIRE, deadline_now, false
  od
}

active proctype Caller() /* an integration that asks for all there is */
{
  byte calls;
end:
  do
  :: calls < CALLS ->
     calls++;
     if
     :: inbox ! C_TRANSFER, true, false
     :: inbox ! C_TRANSFER_BOT, true, true
     :: inbox ! C_AWAIT, true, false
     :: inbox ! C_AWAIT, true, true
     :: inbox ! C_RELEASE, true, false
     :: inbox ! C_HANGUP, true, true
     :: inbox ! C_ASSIGN, true, false
     :: inbox ! C_WITHDRAW, true, false
     :: inbox ! C_REQUEUE, true, false
     :: atomic { waits != H_NONE -> cancel_now = true };
        inbox ! C_CANCEL, cancel_now, false
     fi
  od
}

/* A customer who leaves ends it, whatever the others do. */
ltl ends { [] (leaving -> <> (st == S_COMPLETED)) }

/* A transfer that waits is carried out, cancelled or withdrawn, or it is over. */
ltl goes { [] (waits != H_NONE -> <> (waits == H_NONE)) }

/* A bot that said goodbye, or was asked to end, holds no longer some day. */
ltl releases { [] (st == S_RELEASING -> <> (st != S_RELEASING)) }
