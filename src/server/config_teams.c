/* The section "teams": which queues and agents belong together, and who
 * supervises them. */
#include "server/config_priv.h"

static struct text *take_names(struct reader *r, const struct json *list,
                               size_t kind, size_t *count) {
  struct text *names = reader_list(r, list, sizeof *names);
  *count = 0;
  for (const struct json *m = list->first; names != NULL && m != NULL;
       m = m->next) {
    if (m->type != JSON_TEXT || m->text.len == 0) {
      reader_error(r, m, "a name is expected here");
      continue;
    }
    if (kind != NAMES_KINDS) {
      names_require(r, kind, m->text, m);
    }
    names[(*count)++] = m->text;
  }
  return names;
}

/* @kind: of the names; NAMES_KINDS: whoever signs in is not known here. */
static struct api_names read_names(struct reader *r, const struct json *object,
                                   enum file_member member, size_t kind) {
  const struct json *list = reader_member(object, member);
  struct api_names out = {.count = 0};
  if (list != NULL) {
    out.list = take_names(r, list, kind, &out.count);
  }
  return out;
}

static void check_id(struct reader *r, const struct json *object,
                     const struct json *list) {
  const struct json *at = reader_member(object, FILE_TEAM_ID);
  if (at == NULL) {
    return;
  }
  if (!reader_is_name(at->text)) {
    reader_error(r, at,
                 "a team's id has letters, digits, - _ and ., at most 64");
  }
  for (const struct json *m = list->first; m != object; m = m->next) {
    if (text_equal_nocase(reader_text(m, FILE_TEAM_ID), at->text)) {
      reader_error(r, at, "another team is called \"%.*s\", too",
                   TEXT_ARG(at->text));
    }
  }
}

static void read_team(struct reader *r, const struct json *list,
                      const struct json *object) {
  reader_check(r, object, FILE_TEAM);
  if (object->type != JSON_OBJECT) {
    return;
  }
  check_id(r, object, list);
  r->out->teams[r->out->team_count++] = (struct api_team){
      .id = reader_text(object, FILE_TEAM_ID),
      .supervisors = read_names(r, object, FILE_TEAM_SUPERVISORS, NAMES_KINDS),
      .queues = read_names(r, object, FILE_TEAM_QUEUES, CONFIG_QUEUE),
      .agents = read_names(r, object, FILE_TEAM_AGENTS, CONFIG_AGENT)};
}

void reader_read_teams(struct reader *r) {
  const struct json *list = reader_member(r->tree.root, FILE_CENTRE_TEAMS);
  if (list == NULL) {
    return;
  }
  if (list->count > API_TEAMS_MAX) {
    reader_error(r, list, "at most %d teams", API_TEAMS_MAX);
    return;
  }
  r->out->teams = reader_list(r, list, sizeof *r->out->teams);
  for (const struct json *m = list->first; r->out->teams != NULL && m != NULL;
       m = m->next) {
    read_team(r, list, m);
  }
}
