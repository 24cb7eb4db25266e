/* Resources that show the centre: queues, agents, bots, scripts. */
#include "api/scope_priv.h"
#include "api/serve_priv.h"

enum { TAKEABLE_DEFAULT = 20 };

typedef void write_fn(struct call *c, uint32_t number, struct json_out *o);

static const struct directory *directory_of(const struct call *c) {
  return engine_directory(api_engine(c->api));
}

static void show_list(struct call *c, const char *name, size_t count,
                      write_fn *write) {
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, name);
  json_open_list(&o);
  for (size_t i = 0; i < count; i++) {
    write(c, (uint32_t)i, &o);
  }
  json_close_list(&o);
  json_close_object(&o);
  call_show(c, 0);
}

static void show_one(struct call *c, uint32_t kind, uint32_t number,
                     write_fn *write) {
  if (number == DIR_NONE) {
    call_refuse_absent(c, kind, c->params[0]);
    return;
  }
  struct json_out o = call_json(c);
  write(c, number, &o);
  call_show(c, 0);
}

/* Queues that stand for a skill or an agent are not configured: not listed. */
static void write_queue(struct call *c, uint32_t number, struct json_out *o) {
  const struct dir_queue *q = &directory_of(c)->queues[number];
  if (q->skill == DIR_NONE && q->agent == DIR_NONE && !q->origin.removed &&
      (c->teams == 0 || (scope_of_queue(c->api, number) & c->teams) != 0)) {
    engine_write_queue(api_engine(c->api), number, api_now_us(c->api), o);
  }
}

static void write_agent(struct call *c, uint32_t number, struct json_out *o) {
  if (!directory_of(c)->agents[number].origin.removed &&
      (c->teams == 0 || (scope_of_agent(c->api, number) & c->teams) != 0)) {
    engine_write_agent(api_engine(c->api), number, o);
  }
}

static void write_bot(struct call *c, uint32_t number, struct json_out *o) {
  engine_write_bot(api_engine(c->api), number, o);
}

static void write_script(struct call *c, uint32_t number, struct json_out *o) {
  engine_write_script(api_engine(c->api), number, false, o);
}

static void write_source(struct call *c, uint32_t number, struct json_out *o) {
  engine_write_script(api_engine(c->api), number, true, o);
}

static void write_entry(struct call *c, uint32_t number, struct json_out *o) {
  json_put_raw(o, directory_of(c)->entries[number].config);
}

void serve_queues(struct call *c) {
  show_list(c, "queues", directory_of(c)->queue_count, write_queue);
}

void serve_queue(struct call *c) {
  show_one(c, CONFIG_QUEUE, directory_queue(directory_of(c), c->params[0]),
           write_queue);
}

void serve_agents(struct call *c) {
  show_list(c, "agents", directory_of(c)->agent_count, write_agent);
}

void serve_agent(struct call *c) {
  show_one(c, CONFIG_AGENT, directory_agent(directory_of(c), c->params[0]),
           write_agent);
}

/* An agent asks for itself; supervisors for anybody. */
static bool may_list(struct call *c, uint32_t agent) {
  if (c->by.role == ROLE_AGENT && c->by.number != agent) {
    call_refuse(c, REFUSAL_FORBIDDEN,
                TEXT("An agent sees what itself may take."), TEXT(""));
    return false;
  }
  return true;
}

static bool read_queue(struct call *c, uint32_t *queue) {
  const struct text name = call_query(c, TEXT("queue"));
  *queue = name.len == 0 ? DIR_NONE : directory_queue(directory_of(c), name);
  if (name.len == 0 || *queue != DIR_NONE) {
    return true;
  }
  call_refuse_absent(c, CONFIG_QUEUE, name);
  return false;
}

void serve_takeable(struct call *c) {
  struct engine_takeable what = {
      .agent = directory_agent(directory_of(c), c->params[0]),
      .limit = TAKEABLE_DEFAULT,
      .now_us = api_now_us(c->api)};
  if (what.agent == DIR_NONE) {
    call_refuse_absent(c, CONFIG_AGENT, c->params[0]);
    return;
  }
  if (may_list(c, what.agent) && read_queue(c, &what.queue) &&
      call_query_count(c, TEXT("limit"), ENGINE_TAKEABLE_MAX, &what.limit)) {
    struct json_out o = call_json(c);
    engine_write_takeable(api_engine(c->api), &what, &o);
    call_show(c, 0);
  }
}

void serve_bots(struct call *c) {
  show_list(c, "bots", directory_of(c)->bot_count, write_bot);
}

void serve_bot(struct call *c) {
  show_one(c, CONFIG_BOT, directory_bot(directory_of(c), c->params[0]),
           write_bot);
}

void serve_scripts(struct call *c) {
  show_list(c, "scripts", directory_of(c)->script_count, write_script);
}

void serve_script(struct call *c) {
  show_one(c, CONFIG_SCRIPT, directory_script(directory_of(c), c->params[0]),
           write_source);
}

static void write_versions(struct call *c, uint32_t number,
                           struct json_out *o) {
  engine_write_versions(api_engine(c->api), number, o);
}

void serve_versions(struct call *c) {
  show_one(c, CONFIG_SCRIPT, directory_script(directory_of(c), c->params[0]),
           write_versions);
}

void serve_version(struct call *c) {
  const uint32_t script = directory_script(directory_of(c), c->params[0]);
  struct text source;
  if (script == DIR_NONE) {
    call_refuse_absent(c, CONFIG_SCRIPT, c->params[0]);
    return;
  }
  if (!engine_version_source(api_engine(c->api), script, c->params[1],
                             &source)) {
    call_refuse(c, REFUSAL_NOT_FOUND,
                call_format(c, "The script '%.*s' has no version '%.*s'.",
                            TEXT_ARG(c->params[0]), TEXT_ARG(c->params[1])),
                TEXT(""));
    return;
  }
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "name");
  json_put_text(&o, directory_of(c)->scripts[script].name);
  json_key(&o, "version");
  json_put_text(&o, c->params[1]);
  json_key(&o, "source");
  json_put_text(&o, source);
  json_close_object(&o);
  call_show(c, 0);
}

void serve_entries(struct call *c) {
  show_list(c, "entryPoints", directory_of(c)->entry_count, write_entry);
}

/* ---- what agents often write */

enum bt_err api_set_replies(struct api *api, struct text json) {
  struct textbuf fresh;
  textbuf_init(&fresh, api->mem);
  textbuf_add(&fresh, json);
  if (fresh.failed) {
    textbuf_free(&fresh);
    return BT_ERR_NOMEM;
  }
  textbuf_free(&api->replies);
  api->replies = fresh;
  return BT_ERR_OK;
}

void serve_replies(struct call *c) {
  const struct text list = textbuf_text(&c->api->replies);
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "replies");
  json_put_raw(&o, list.len == 0 ? TEXT("[]") : list);
  json_close_object(&o);
  call_show(c, 0);
}

/* ---- figures */

enum { HOURS_MAX = 24 };
#define HOUR_US (INT64_C(3600) * 1000000)

static void show_figures(struct call *c, enum figures_of of, uint32_t kind,
                         uint32_t number) {
  uint32_t hours = 1;
  if (number == DIR_NONE) {
    call_refuse_absent(c, kind, c->params[0]);
    return;
  }
  if (!call_query_count(c, TEXT("hours"), HOURS_MAX, &hours)) {
    return;
  }
  const int64_t now_us = api_now_us(c->api);
  struct json_out o = call_json(c);
  engine_write_figures(api_engine(c->api), (struct figures_key){of, number},
                       now_us - hours * HOUR_US, now_us, &o);
  call_show(c, 0);
}

void serve_queue_figures(struct call *c) {
  show_figures(c, FIGURES_QUEUE, CONFIG_QUEUE,
               directory_queue(directory_of(c), c->params[0]));
}

void serve_skill_figures(struct call *c) {
  show_figures(c, FIGURES_SKILL, CONFIG_SKILL,
               directory_skill(directory_of(c), c->params[0]));
}

void serve_agent_figures(struct call *c) {
  show_figures(c, FIGURES_AGENT, CONFIG_AGENT,
               directory_agent(directory_of(c), c->params[0]));
}
