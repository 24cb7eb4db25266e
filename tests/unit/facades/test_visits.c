/* Customers of a facade: by their address, one session after another, found
 * again, freed by whoever lets go last. */
#include "service.h"

#include "facades/shared/visits.h"

struct place {
  struct service service;
  struct facade facade;
  struct visits visits;
};

struct guest {
  struct visit visit;
  unsigned messages, ends;
};

static unsigned found, freed;

static void on_event(struct visit *v, uint64_t seq,
                     const struct record *event) {
  struct guest *g = (struct guest *)(void *)v;
  (void)seq;
  g->messages += event->type == EVENT_MESSAGE;
  g->ends += event->type == EVENT_OF_SESSION(ENDED);
}

static void on_found(struct visit *v, uint32_t slot) {
  (void)v;
  (void)slot;
  found++;
}

static void on_free(struct visit *v) {
  (void)v;
  freed++;
}

static const struct visit_ops ops = {.bytes = sizeof(struct guest),
                                     .linger_us = 1000000,
                                     .on_event = on_event,
                                     .on_found = on_found,
                                     .on_free = on_free};

static void begin(struct place *p) {
  memset(p, 0, sizeof *p);
  service_begin(&p->service);
  service_listen(&p->service);
  p->facade = (struct facade){.api = p->service.api,
                              .loop = p->service.loop,
                              .mem = api_mem(p->service.api),
                              .settings = {.id = TEXT("web"),
                                           .kind = FACADE_COGNIGY,
                                           .entry = TEXT("main")}};
  found = freed = 0;
  assert_int_equal(visits_init(&p->visits, &p->facade, &ops), BT_ERR_OK);
}

static void end(struct place *p) {
  visits_free(&p->visits);
  service_end(&p->service);
}

static struct guest *get(struct place *p, const char *address) {
  return (struct guest *)(void *)visits_get(&p->visits, text_from(address));
}

static void addresses(void **state) {
  (void)state;
  static char longest[VISIT_ADDRESS_MAX + 2];
  struct place p;
  begin(&p);
  memset(longest, 'x', VISIT_ADDRESS_MAX + 1);
  assert_null(get(&p, ""));
  assert_null(get(&p, longest));
  assert_null(get(&p, "broken \xc3"));
  longest[VISIT_ADDRESS_MAX] = '\0';
  struct guest *a = get(&p, longest), *b = get(&p, "б");
  assert_non_null(a);
  assert_ptr_equal(get(&p, longest), a);
  assert_ptr_equal(visits_find(&p.visits, TEXT("б")), &b->visit);
  assert_null(visits_find(&p.visits, TEXT("nobody")));
  const uint32_t number = a->visit.number;
  visit_drop(&a->visit);
  assert_int_equal(freed, 0); /* somebody holds it still */
  visit_drop(&a->visit);
  assert_int_equal(freed, 1);
  struct guest *c = get(&p, "c");
  assert_int_equal(c->visit.number, number);
  assert_int_equal(p.visits.count, 2);
  visit_drop(&b->visit);
  visit_drop(&c->visit);
  assert_int_equal(p.visits.count, 0);
  end(&p);
}

static void say(struct guest *g, const char *words) {
  const struct visit_said said = {
      .text = text_from(words), .user = TEXT("u-1"), .name = TEXT("Cora")};
  assert_true(visit_say(&g->visit, &said, NULL, NULL));
}

static void one_session_after_another(void **state) {
  (void)state;
  struct place p;
  uint32_t slot;
  begin(&p);
  struct guest *g = get(&p, "address");
  assert_false(visit_is_open(&g->visit, &slot));
  say(g, "hello");
  const struct id first = g->visit.session;
  assert_true(visit_is_open(&g->visit, &slot));
  const struct text customer =
      engine_session_customer(api_engine(p.service.api), slot);
  assert_true(
      text_equal(customer, TEXT("{\"id\":\"u-1\",\"name\":\"Cora\",\"address\":"
                                "\"cognigy:web:address\"}")));
  say(g, "again");
  assert_true(id_equal(g->visit.session, first));
  centre_settle(&p.service.centre);
  assert_int_equal(g->messages, 2);
  visit_submit(&g->visit, COMMAND_LEAVE);
  centre_settle(&p.service.centre);
  assert_int_equal(g->ends, 1);
  say(g, "hello again");
  assert_false(id_equal(g->visit.session, first));
  visit_drop(&g->visit); /* the session keeps it */
  assert_int_equal(freed, 0);
  end(&p);
  assert_int_equal(freed, 1);
}

static int last_code;

static void on_answer(void *ctx, const struct answer *answer) {
  (void)ctx;
  last_code = answer->code;
}

/* The answer to the last message was lost with the line. */
static void said_again_behind_the_end(void **state) {
  (void)state;
  const struct visit_said bye = {.text = TEXT("bye"), .key = TEXT("bye-1")};
  const struct visit_said more = {.text = TEXT("more"), .key = TEXT("more-1")};
  struct place p;
  begin(&p);
  struct guest *g = get(&p, "address");
  assert_false(visit_has_said(&g->visit, bye.key));
  assert_true(visit_say(&g->visit, &bye, on_answer, NULL));
  assert_false(visit_has_said(&g->visit, bye.key)); /* it is not over */
  const struct id session = g->visit.session;
  visit_submit(&g->visit, COMMAND_LEAVE);
  assert_true(visit_has_said(&g->visit, bye.key)); /* nobody has heard yet */
  centre_settle(&p.service.centre);
  visit_drop(&g->visit);
  assert_int_equal(freed, 0); /* it stays for a while */
  g = get(&p, "address");
  last_code = 0;
  assert_true(visit_say(&g->visit, &bye, on_answer, NULL));
  centre_settle(&p.service.centre);
  assert_int_equal(last_code, 201);
  assert_true(id_is_null(g->visit.session));
  assert_int_equal(g->messages, 1);
  assert_true(visit_say(&g->visit, &more, on_answer, NULL));
  assert_false(id_equal(g->visit.session, session));
  assert_true(id_equal(g->visit.last, session));
  visit_drop(&g->visit);
  end(&p);
}

static void keys_have_a_longest(void **state) {
  (void)state;
  static char name[202];
  memset(name, 'k', 200);
  assert_int_equal(visit_key(text_from(name)).len, 200);
  name[200] = 'k';
  assert_int_equal(visit_key(text_from(name)).len, 0);
}

static void known_again(void **state) {
  (void)state;
  struct place p;
  begin(&p);
  struct guest *g = get(&p, "we meet again");
  say(g, "hello");
  const struct id session = g->visit.session;
  visits_free(&p.visits);
  assert_int_equal(visits_init(&p.visits, &p.facade, &ops), BT_ERR_OK);
  assert_int_equal(found, 1);
  g = get(&p, "we meet again");
  assert_true(id_equal(g->visit.session, session));
  say(g, "it is me");
  centre_settle(&p.service.centre);
  assert_int_equal(g->messages, 2); /* both happened now, as far as we heard */
  /* Of another facade, nobody is known. */
  struct visits other;
  struct facade stranger = p.facade;
  stranger.settings.id = TEXT("we");
  assert_int_equal(visits_init(&other, &stranger, &ops), BT_ERR_OK);
  assert_int_equal(other.count, 0);
  visits_free(&other);
  end(&p);
}

static void what_is_said_is_checked(void **state) {
  (void)state;
  static char text[16386];
  memset(text, 'x', sizeof text - 1);
  const struct visit_said nothing = {.text = TEXT("")},
                          much = {.text = text_from(text)},
                          some = {.data = TEXT("{}")};
  assert_non_null(visit_check(&nothing));
  assert_non_null(visit_check(&much));
  assert_null(visit_check(&some));
}

static void memory_fails(void **state) {
  (void)state;
  struct place p;
  begin(&p);
  struct test_mem *heap = &p.service.centre.heap;
  struct guest *g = NULL;
  for (uint64_t nth = 1; g == NULL; nth++) {
    heap->calls = 0;
    heap->fail_at = nth;
    g = get(&p, "address");
  }
  heap->fail_at = 0;
  assert_int_equal(p.visits.count, 1);
  visit_drop(&g->visit);
  end(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses),
      cmocka_unit_test(one_session_after_another),
      cmocka_unit_test(said_again_behind_the_end),
      cmocka_unit_test(keys_have_a_longest),
      cmocka_unit_test(known_again),
      cmocka_unit_test(what_is_said_is_checked),
      cmocka_unit_test(memory_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
