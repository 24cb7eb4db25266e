/* domain.h - an engine and its journal, joined so that nothing leaves early.
 *
 *   submit(command) -> engine_step -> batch -> journal_append
 *                                                   |
 *   events, effects and the answer  <--- release ---+ durable
 *
 * Commands go on while earlier batches are being written; what they give is
 * held back until their batch is durable. An answer that needed no event waits
 * for the batches before it: it may have been made from what they changed.
 *
 * One thread, the loop's. The journal's thread only says "durable": the shell
 * then calls domain_release() from the loop. Nothing is called back from inside
 * domain_submit().
 */
#ifndef BATON_DOMAIN_DOMAIN_H
#define BATON_DOMAIN_DOMAIN_H

#include "base/mem.h"
#include "codec/seal.h"
#include "engine/engine.h"
#include "journal/journal.h"

struct domain;

/* The answer to a command, after it is durable. Borrowed for the call. */
typedef void domain_answer_fn(void *ctx, const struct answer *answer);

struct domain_listener {
  void *ctx;
  /* Each event of the journal, in order, once durable. @seq: its batch. */
  void (*on_event)(void *ctx, uint64_t seq, const struct record *event);
  /* Each effect, after the events of its batch. */
  void (*on_effect)(void *ctx, const struct record *effect);
};

struct domain_options {
  struct engine_options engine;
  uint64_t snapshot_every; /* batches between snapshots; 0: a default */
  uint64_t seed;           /* of the ids that are made when a timer is due */
  const struct seal *seal; /* of the journal's cover, if it has one: then the
                            * domain opens what it restores. Borrowed */
};

/* Restores the state out of @journal (taken: closed with the domain, on error
 * too) and makes it ready for commands. BT_ERR_CORRUPT, BT_ERR_FOREIGN,
 * BT_ERR_IO, BT_ERR_NOMEM with a sentence in *why. */
enum bt_err domain_open(const struct mem *mem, struct journal *take_journal,
                        const struct domain_options *options,
                        struct domain **out,
                        struct journal_error *why) BT_USE_RESULT;
/* Writes what is queued, with a snapshot if @snapshot, and closes. */
void domain_close(struct domain *d, bool snapshot);

/* Listeners are called in the order in which they were added. */
void domain_listen(struct domain *d, const struct domain_listener *listener);

/* From now on @fn says that something was submitted or waits, so that
 * domain_release() and domain_next_deadline() are worth a look: once, then not
 * again before the next domain_release(). At once the first time. */
void domain_on_work(struct domain *d, void (*fn)(void *ctx), void *ctx);

/* Carries out a command. @fn (may be NULL) gets the answer from a later
 * domain_release(). When the journal's queue is full, or it failed, nothing is
 * done and the answer is REFUSAL_UNAVAILABLE; but what has happened outside (a
 * connection that came or went, the answer to a script's call), with nobody who
 * would hear a refusal, is kept and carried out when there is room again. */
void domain_submit(struct domain *d, const struct command *cmd,
                   domain_answer_fn *fn, void *ctx);
/* What the last command gave, before it is durable; NULL if it was not carried
 * out. For a shell that decides by it what to submit next, in the same breath:
 * nothing of it may be let out, and it is gone with the next call. */
const struct step *domain_last_step(const struct domain *d);
/* Calls @fn with a NULL answer when everything submitted so far is durable: for
 * reading, so that nobody is shown what may yet be lost. */
void domain_when_durable(struct domain *d, domain_answer_fn *fn, void *ctx);
/* The same for who reads and can ask again: when the journal cannot write (its
 * disk is full, or it failed), now or while @fn waits, @fn gets the answer
 * REFUSAL_UNAVAILABLE instead of waiting without end. */
void domain_when_readable(struct domain *d, domain_answer_fn *fn, void *ctx);

/* Lets out what has become durable. What is submitted meanwhile waits for the
 * next call. Returns how many answers and batches are still held back. */
size_t domain_release(struct domain *d);
/* Would domain_release() let something out now? Then call it again soon. */
bool domain_due(const struct domain *d);
/* The last batch whose events were let out. */
uint64_t domain_released(const struct domain *d);
/* Once after domain_open(): if there was a process before this one, its
 * connections are gone; submits COMMAND_RECOVERED. */
void domain_recover(struct domain *d, int64_t now_us);
/* Submits COMMAND_TICK for each timer that is due at @now_us. */
void domain_tick(struct domain *d, int64_t now_us);
int64_t domain_next_deadline(const struct domain *d);

const struct engine *domain_engine(const struct domain *d);
/* engine_watch() on its engine. */
void domain_watch(struct domain *d, engine_watch_fn *fn, void *ctx);
/* engine_set_zone() on its engine. */
void domain_set_zone(struct domain *d, const struct tz *zone);
struct journal *domain_journal(struct domain *d);
/* Has the journal failed for good? Then only a restart helps. */
bool domain_failed(const struct domain *d);

/* The events of one session, oldest first, from the journal, finished sessions
 * too. BT_ERR_NOT_FOUND: there was never such a session. BT_ERR_IO,
 * BT_ERR_CORRUPT, BT_ERR_NOMEM. @fn returns false to stop. */
typedef bool domain_event_fn(void *ctx, uint64_t seq,
                             const struct record *event);
enum bt_err domain_timeline(struct domain *d, struct id session,
                            domain_event_fn *fn, void *ctx) BT_USE_RESULT;
/* All events of the batches @first … @last, for resuming an event stream. */
enum bt_err domain_events(struct domain *d, uint64_t first, uint64_t last,
                          domain_event_fn *fn, void *ctx) BT_USE_RESULT;

#endif
