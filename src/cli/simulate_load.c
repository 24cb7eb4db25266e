#include "cli/simulate_load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "domain/heap.h"
#include "server/slurp.h"

enum { YAML_BYTES_MAX = 8 * 1024 * 1024, TABLE_BYTES_MAX = 1024 * 1024 * 1024 };

bool simulate_asked_well(const struct simulate_asked *asked, int runs_min,
                         int runs_max) {
  if (asked->runs < runs_min || asked->runs > runs_max) {
    cli_error("--runs is %d … %d, not %lld", runs_min, runs_max, asked->runs);
    return false;
  }
  if (asked->json && asked->csv) {
    cli_error("--json and --csv do not go together");
    return false;
  }
  if (asked->files.arrivals != NULL && asked->files.history != NULL) {
    cli_error("--arrivals and --history do not go together");
    return false;
  }
  return true;
}

bool simulate_fail(const struct simulate_error *why) {
  cli_error("%s", why->text);
  return false;
}

bool simulate_change_all(struct simulate_changed *c,
                         const struct cli_list *changes) {
  struct simulate_error why = {"there is no memory"};
  bool good = true;
  for (size_t i = 0; good && i < changes->count; i++) {
    good = simulate_change_apply(c, text_from(changes->items[i]), &why) ==
           BT_ERR_OK;
  }
  return good || simulate_fail(&why);
}

/* ---- what is wrong */

static void report(void *ctx, struct simulate_where where,
                   const char *sentence) {
  struct simulate_input *in = ctx;
  const bool table = where.line > 0;
  const char *file = table                    ? in->files.arrivals
                     : in->files.plan != NULL ? in->files.plan
                                              : in->files.centre;
  struct finding_place place = {.file = text_from(file)};
  if (table) {
    place.line = where.line;
    place.column = where.column;
  } else if (where.node != NULL) {
    place = yaml_tree_place(&in->tree, where.node);
  }
  findings_add(&in->findings, FINDING_ERROR, place, "%s", sentence);
}

static bool print_findings(struct simulate_input *in) {
  struct textbuf b;
  if (in->findings.errors == 0 && !in->findings.failed) {
    return true;
  }
  textbuf_init(&b, heap_mem());
  findings_sort(&in->findings);
  for (size_t i = 0; i < in->findings.count; i++) {
    if (in->findings.items[i].level == FINDING_ERROR) {
      finding_print(&in->findings.items[i], &b);
    }
  }
  (void)fwrite(b.ptr, 1, b.len, stderr);
  textbuf_free(&b);
  return false;
}

static bool slurp(struct simulate_input *in, const char *path, size_t max,
                  struct text *out) {
  const int why = file_slurp(&in->arena, path, max, out);
  if (why != 0) {
    cli_error("cannot read %s: %s", path,
              why == EFBIG ? "it is too large" : strerror(why));
  }
  return why == 0;
}

/* ---- names */

static void add_name(struct text **list, size_t *count, size_t *cap,
                     struct text name) {
  if (name.len > 0 &&
      mem_grow(heap_mem(), list, cap, *count + 1, sizeof **list)) {
    (*list)[(*count)++] = name;
  }
}

static void add_skills(struct simulate_input *in, const struct json *list) {
  for (const struct json *e = list == NULL ? NULL : list->first; e != NULL;
       e = e->next) {
    add_name(&in->skills, &in->reader.skill_count, &in->skill_cap,
             config_skill_name(e));
  }
}

static void add_queue(struct simulate_input *in, const struct json *v) {
  size_t *count = &in->reader.queue_count;
  const struct json *aliases = config_list(v, CONFIG_QUEUE_ALIASES);
  add_name(&in->queues, count, &in->queue_cap, config_text(v, CONFIG_QUEUE_ID));
  add_name(&in->queues, count, &in->queue_cap,
           config_text(v, CONFIG_QUEUE_NAME));
  for (const struct json *e = aliases == NULL ? NULL : aliases->first;
       e != NULL; e = e->next) {
    add_name(&in->queues, count, &in->queue_cap, e->text);
  }
  add_skills(in, config_list(v, CONFIG_QUEUE_SKILLS));
}

static void add_names(struct simulate_input *in,
                      const struct simulate_object *o) {
  struct json *v = NULL;
  if (json_parse(&in->arena, o->json, JSON_DEPTH_DEFAULT, &v, NULL) !=
      BT_ERR_OK) {
    return;
  }
  if (o->kind == CONFIG_QUEUE) {
    add_queue(in, v);
  } else if (o->kind == CONFIG_AGENT) {
    add_name(&in->agents, &in->reader.agent_count, &in->agent_cap,
             config_text(v, CONFIG_AGENT_ID));
    add_skills(in, config_list(v, CONFIG_AGENT_SKILLS));
    in->agent_count++;
  } else if (o->kind == CONFIG_SKILL) {
    add_name(&in->skills, &in->reader.skill_count, &in->skill_cap,
             config_text(v, CONFIG_SKILL_NAME));
  }
}

/* ---- the centre */

static bool take_objects(struct simulate_input *in) {
  const struct server_config *c = &in->config;
  in->objects =
      mem_new(heap_mem(), (c->object_count + 1) * sizeof *in->objects);
  if (in->objects == NULL) {
    return false;
  }
  in->object_count = c->object_count;
  for (size_t i = 0; i < c->object_count; i++) {
    const struct server_object *o = &c->objects[i];
    in->objects[i] = (struct simulate_object){.kind = o->kind,
                                              .id = o->id,
                                              .json = o->json,
                                              .zone = o->zone,
                                              .zone_file = o->zone_file};
    add_names(in, &in->objects[i]);
  }
  in->reader.queues = in->queues;
  in->reader.agents = in->agents;
  in->reader.skills = in->skills;
  in->reader.zone = c->zone;
  return true;
}

static bool load_centre(struct simulate_input *in) {
  const enum bt_err err = server_config_load(heap_mem(), in->files.centre,
                                             &in->findings, &in->config);
  in->has_config = err == BT_ERR_OK;
  return print_findings(in) && in->has_config && take_objects(in);
}

/* The section of the centre's file, or the whole of a plan's. */
static bool load_section(struct simulate_input *in) {
  const char *path = in->files.plan != NULL ? in->files.plan : in->files.centre;
  struct text source = TEXT("");
  if (!slurp(in, path, YAML_BYTES_MAX, &source)) {
    return false;
  }
  if (yaml_tree_parse(&in->arena, text_from(path), source, &in->findings,
                      &in->tree) != BT_ERR_OK ||
      in->findings.errors > 0) {
    return print_findings(in);
  }
  const struct json *section = json_member(in->tree.root, TEXT("simulation"));
  if (section == NULL && in->files.plan != NULL) {
    section = in->tree.root;
  }
  const bool alone = in->files.arrivals == NULL && in->files.history == NULL;
  if (section != NULL && section->type == JSON_OBJECT) {
    simulate_read_section(&in->reader, section, alone);
  }
  return print_findings(in);
}

static bool load_table(struct simulate_input *in) {
  struct text csv = TEXT("");
  if (in->files.arrivals == NULL) {
    return true;
  }
  if (!slurp(in, in->files.arrivals, TABLE_BYTES_MAX, &csv)) {
    return false;
  }
  simulate_read_table(&in->reader, csv);
  return print_findings(in);
}

bool simulate_input_load(struct simulate_input *in,
                         const struct simulate_files *files) {
  *in = (struct simulate_input){.files = *files};
  findings_init(&in->findings, heap_mem());
  arena_init(&in->arena, heap_mem(), 0);
  simulate_read_init(&in->reader, &in->arena);
  in->reader.ctx = in;
  in->reader.report = report;
  if (!load_centre(in) || !load_section(in) || !load_table(in) ||
      (files->history != NULL && !simulate_history_load(in))) {
    return false;
  }
  simulate_read_close(&in->reader);
  if (in->reader.no_memory) {
    cli_error("%s", bt_err_text(BT_ERR_NOMEM));
    return false;
  }
  return print_findings(in);
}

void simulate_input_free(struct simulate_input *in) {
  const struct mem *mem = heap_mem();
  simulate_read_free(&in->reader);
  mem_free(mem, in->objects,
           (in->config.object_count + 1) * sizeof *in->objects);
  mem_free(mem, in->queues, in->queue_cap * sizeof *in->queues);
  mem_free(mem, in->agents, in->agent_cap * sizeof *in->agents);
  mem_free(mem, in->skills, in->skill_cap * sizeof *in->skills);
  if (in->has_config) {
    server_config_free(&in->config);
  }
  arena_free(&in->arena);
  findings_free(&in->findings);
}
