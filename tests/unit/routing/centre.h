/* centre.h - a small centre for the stories told to a router.
 *
 * Times are in seconds. Agents have room for one chat unless a story says else;
 * an offer is reserved with offer() and ends with accept() or decline().
 */
#ifndef BATON_TESTS_ROUTING_CENTRE_H
#define BATON_TESTS_ROUTING_CENTRE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "routing/router.h"
#include "support.h"

enum { SUPPORT, SALES };                 /* queues */
enum { ENGLISH, FRENCH, BILLING, RARE }; /* skills */
enum { CHAT, VOICE };                    /* channels */
enum { ANNA, BERT, CARA };               /* agents */

static const int64_t second_us = 1000000;

struct centre {
  struct test_mem tm;
  struct router r;
  uint64_t order;
};

static inline void put_queue(struct centre *c, uint32_t queue,
                             struct router_queue_params params) {
  assert_int_equal(router_prepare_queue(&c->r, queue, &params), BT_ERR_OK);
  router_put_queue(&c->r, queue, &params);
}

static inline void open_centre(struct centre *c) {
  test_mem_init(&c->tm);
  router_init(&c->r, &c->tm.mem);
  c->order = 0;
  put_queue(c, SUPPORT, (struct router_queue_params){0});
  put_queue(c, SALES, (struct router_queue_params){0});
}

static inline void close_centre(struct centre *c) {
  router_free(&c->r);
  assert_int_equal(c->tm.live_blocks, 0);
  assert_int_equal(c->tm.live_bytes, 0);
}

/* Knows one skill at @proficiency and serves all queues, on chat. */
static inline void hire(struct centre *c, uint32_t agent, uint32_t skill,
                        uint32_t proficiency) {
  const struct router_skill s = {skill, proficiency};
  const struct router_agent_params params = {
      .skills = &s, .skill_count = 1, .all_queues = true, .channels = 1};
  assert_int_equal(router_prepare_agent(&c->r, agent, &params), BT_ERR_OK);
  router_put_agent(&c->r, agent, &params);
}

static inline void set_state(struct centre *c, uint32_t agent,
                             enum router_presence presence, uint8_t used,
                             int64_t idle_since_s) {
  struct router_agent_state s = {.presence = (uint8_t)presence,
                                 .idle_since_us = idle_since_s * second_us};
  s.channels[CHAT].used = used;
  s.channels[CHAT].capacity = 1;
  s.channels[CHAT].ready = presence == ROUTER_AVAILABLE && used < 1;
  router_set_agent_state(&c->r, agent, &s);
}

static inline void make_free(struct centre *c, uint32_t agent,
                             int64_t idle_since_s) {
  set_state(c, agent, ROUTER_AVAILABLE, 0, idle_since_s);
}

static inline void make_busy(struct centre *c, uint32_t agent) {
  set_state(c, agent, ROUTER_AVAILABLE, 1, 0);
}

static inline struct router_request wants(uint32_t queue, uint32_t skill,
                                          int64_t entered_s) {
  return (struct router_request){.queue = queue,
                                 .channel = CHAT,
                                 .needs = {{skill, ROUTER_PROFICIENCY_WORST}},
                                 .need_count = 1,
                                 .priority = 500,
                                 .entered_us = entered_s * second_us};
}

static inline void enter_as(struct centre *c, uint32_t slot,
                            struct router_request request) {
  request.order = c->order++;
  assert_int_equal(router_prepare_session(&c->r, slot, &request), BT_ERR_OK);
  router_enqueue(&c->r, slot, &request);
}

static inline void enter(struct centre *c, uint32_t slot, uint32_t skill,
                         int64_t entered_s) {
  enter_as(c, slot, wants(SUPPORT, skill, entered_s));
}

/* The same request, with another priority. */
static inline void reprioritise(struct centre *c, uint32_t slot,
                                struct router_request request,
                                uint32_t priority) {
  request.priority = priority;
  assert_int_equal(router_prepare_change(&c->r, slot, &request), BT_ERR_OK);
  router_change(&c->r, slot, &request);
}

/* The agent for a session, or the session for an agent; ROUTER_NONE. */
static inline uint32_t agent_for(const struct centre *c, uint32_t slot,
                                 int64_t now_s) {
  struct router_decision d;
  return router_best_agent(&c->r, slot, now_s * second_us, &d) ? d.agent
                                                               : ROUTER_NONE;
}

static inline uint32_t session_for(const struct centre *c, uint32_t agent,
                                   int64_t now_s) {
  struct router_decision d;
  return router_best_session(&c->r, agent, now_s * second_us, &d) ? d.slot
                                                                  : ROUTER_NONE;
}

static inline void offer(struct centre *c, uint32_t slot, uint32_t agent) {
  router_reserve(&c->r, slot, agent);
  make_busy(c, agent);
}

static inline void accept_offer(struct centre *c, uint32_t slot) {
  router_dequeue(&c->r, slot);
}

static inline void decline(struct centre *c, uint32_t slot, uint32_t agent,
                           int64_t now_s, int64_t until_s) {
  router_unreserve(&c->r, slot);
  assert_int_equal(router_prepare_exclude(&c->r), BT_ERR_OK);
  router_exclude(&c->r, slot, agent, until_s * second_us);
  make_free(c, agent, now_s);
}

static inline enum router_why_reason why(const struct centre *c, uint32_t slot,
                                         uint32_t agent, int64_t now_s,
                                         struct router_why *out) {
  router_explain(&c->r, slot, agent, now_s * second_us, out);
  return out->reason;
}

#endif
