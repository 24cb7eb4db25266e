/* The types of bots and their options, as bots/options.def has them. */
#include <string.h>

#include "net/url.h"
#include "server/config_priv.h"

enum { NUMBER_MS = 1000, KNOWN_MAX = BOT_OPTIONS + 16 };

static bool fail(struct reader *r, const struct json *at,
                 const char *expected) {
  reader_error(r, at, "\"%.*s\" must be %s; found %s", TEXT_ARG(at->key),
               expected,
               at->type == JSON_TEXT ? "a text" : json_type_name(at->type));
  return false;
}

/* ---- one value each */

static bool take_length(struct reader *r, const struct json *at, size_t len,
                        const struct bot_option_info *info) {
  if ((int64_t)len >= info->min && (int64_t)len <= info->max) {
    return true;
  }
  reader_error(r, at, "\"%.*s\" has %lld … %lld bytes", TEXT_ARG(at->key),
               (long long)info->min, (long long)info->max);
  return false;
}

static bool take_text(struct reader *r, const struct json *at,
                      const struct bot_option_info *info,
                      struct bot_value *out) {
  if (at->type != JSON_TEXT) {
    return fail(r, at, "a text (in quotes, if it looks like a number)");
  }
  out->text = at->text;
  return take_length(r, at, at->text.len, info);
}

static bool take_url(struct reader *r, const struct json *at,
                     const struct bot_option_info *info,
                     struct bot_value *out) {
  struct url_parts parts;
  const char *why = "a URL is a text";
  if (at->type != JSON_TEXT || !url_split(at->text, &parts, &why)) {
    reader_error(r, at, "\"%.*s\": %s", TEXT_ARG(at->key), why);
    return false;
  }
  out->text = at->text;
  return take_length(r, at, at->text.len, info);
}

static bool take_secret(struct reader *r, const struct json *at,
                        const struct bot_option_info *info,
                        struct bot_value *out) {
  (void)info;
  return reader_secret(r, at, &out->text);
}

static bool take_flag(struct reader *r, const struct json *at,
                      const struct bot_option_info *info,
                      struct bot_value *out) {
  (void)info;
  if (at->type != JSON_TRUE && at->type != JSON_FALSE) {
    return fail(r, at, "true or false");
  }
  out->num = at->type == JSON_TRUE;
  return true;
}

static bool in_range(struct reader *r, const struct json *at,
                     const struct bot_option_info *info) {
  if (at->d >= (double)info->min && at->d <= (double)info->max) {
    return true;
  }
  reader_error(r, at, "\"%.*s\" is %lld … %lld%s", TEXT_ARG(at->key),
               (long long)info->min, (long long)info->max,
               info->type == BOT_TYPE_SECONDS ? " seconds" : "");
  return false;
}

static bool take_num(struct reader *r, const struct json *at,
                     const struct bot_option_info *info,
                     struct bot_value *out) {
  if (at->type != JSON_INT) {
    return fail(r, at, "a whole number");
  }
  out->num = at->i;
  return in_range(r, at, info);
}

static bool take_seconds(struct reader *r, const struct json *at,
                         const struct bot_option_info *info,
                         struct bot_value *out) {
  if (at->type != JSON_INT && at->type != JSON_DOUBLE) {
    return fail(r, at, "a number of seconds");
  }
  out->num = (int64_t)(at->d * NUMBER_MS);
  return in_range(r, at, info);
}

static bool take_words(struct reader *r, const struct json *at,
                       const struct bot_option_info *info,
                       struct bot_value *out) {
  if (at->type != JSON_LIST) {
    return fail(r, at, "a list of texts");
  }
  struct text *list =
      arena_alloc(r->arena, ((size_t)at->count + 1) * sizeof *list);
  r->no_memory = r->no_memory || list == NULL;
  for (const struct json *e = at->first; e != NULL && list != NULL;
       e = e->next) {
    if (e->type != JSON_TEXT || e->text.len == 0) {
      reader_error(r, e, "an element of \"%.*s\" is a text", TEXT_ARG(at->key));
      return false;
    }
    list[out->count++] = e->text;
  }
  out->list = list;
  if ((int64_t)out->count < info->min || (int64_t)out->count > info->max) {
    reader_error(r, at, "\"%.*s\" has %lld … %lld elements", TEXT_ARG(at->key),
                 (long long)info->min, (long long)info->max);
    return false;
  }
  return list != NULL;
}

static bool take_headers(struct reader *r, const struct json *at,
                         const struct bot_option_info *info,
                         struct bot_value *out) {
  (void)info;
  return reader_headers(r, at, &out->list, &out->count);
}

static bool take_choice(struct reader *r, const struct json *at,
                        const struct bot_option_info *info,
                        struct bot_value *out) {
  struct text known[8];
  size_t count = 0;
  struct text rest = text_from(info->def);
  while (rest.len > 0 && count < sizeof known / sizeof known[0]) {
    const size_t end = text_find(rest, TEXT("|"), 0);
    known[count] = text_sub(rest, 0, end);
    rest = text_sub(rest, end + 1, rest.len);
    if (at->type == JSON_TEXT && text_equal(at->text, known[count])) {
      out->text = known[count];
      out->num = (int64_t)count;
      return true;
    }
    count++;
  }
  const struct text hint = findings_suggest(
      r->findings, at->type == JSON_TEXT ? at->text : TEXT(""), known, count);
  reader_error(r, at, "\"%.*s\" has no such value%.*s", TEXT_ARG(at->key),
               TEXT_ARG(hint));
  return false;
}

/* A text is a value, too. */
static bool take_json(struct reader *r, const struct json *at,
                      const struct bot_option_info *info,
                      struct bot_value *out) {
  struct textbuf text;
  struct json_out o;
  textbuf_init(&text, r->arena->mem);
  json_out_init(&o, &text);
  json_put_tree(&o, at);
  out->text = arena_copy_text(r->arena, textbuf_text(&text));
  r->no_memory = r->no_memory || text.failed || out->text.ptr == NULL;
  textbuf_free(&text);
  return out->text.ptr != NULL && take_length(r, at, out->text.len, info);
}

typedef bool take_fn(struct reader *r, const struct json *at,
                     const struct bot_option_info *info, struct bot_value *out);

static take_fn *const takers[] = {
    [BOT_TYPE_TEXT] = take_text,     [BOT_TYPE_URL] = take_url,
    [BOT_TYPE_SECRET] = take_secret, [BOT_TYPE_FLAG] = take_flag,
    [BOT_TYPE_NUM] = take_num,       [BOT_TYPE_SECONDS] = take_seconds,
    [BOT_TYPE_WORDS] = take_words,   [BOT_TYPE_HEADERS] = take_headers,
    [BOT_TYPE_CHOICE] = take_choice, [BOT_TYPE_JSON] = take_json};

/* ---- a bot */

static bool find_kind(struct reader *r, const struct json *object,
                      enum bot_kind *out) {
  const struct json *type = json_member(object, TEXT("type"));
  struct text known[BOT_KINDS];
  *out = BOT_SOCKET;
  for (unsigned i = 0; i < BOT_KINDS; i++) {
    known[i] = text_from(bot_kind_info((enum bot_kind)i)->wire);
    if (type != NULL && type->type == JSON_TEXT &&
        text_equal(type->text, known[i])) {
      *out = (enum bot_kind)i;
      return true;
    }
  }
  if (type == NULL || type->type == JSON_NULL) {
    return true;
  }
  const struct text word = type->type == JSON_TEXT ? type->text : TEXT("");
  const struct text hint =
      findings_suggest(r->findings, word, known, BOT_KINDS);
  reader_error(r, type, "there is no type of bot \"%.*s\"%.*s", TEXT_ARG(word),
               TEXT_ARG(hint));
  return false;
}

/* Members of every bot: "type", and the engine's. */
static bool is_common(struct text name, struct text *known, size_t *count) {
  static const struct text common[] = {
      {"type", 4},
#define MEMBER(o, n, wire, k, lo, hi, def, d)                                  \
  {CONFIG_##o == CONFIG_BOT ? (wire) : "",                                     \
   CONFIG_##o == CONFIG_BOT ? sizeof(wire) - 1 : 0},
#include "engine/config.def"
#undef MEMBER
  };
  bool found = false;
  for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
    if (common[i].len > 0) {
      known[(*count)++] = common[i];
      found = found || text_equal(name, common[i]);
    }
  }
  return found;
}

static void report_unknown(struct reader *r, const struct json *m,
                           enum bot_kind kind) {
  struct text known[KNOWN_MAX];
  size_t count = 0;
  (void)is_common(m->key, known, &count);
  for (unsigned i = 0; i < BOT_OPTIONS; i++) {
    const struct bot_option_info *info = bot_option_info((enum bot_option)i);
    if (info->kind == kind) {
      known[count++] = text_from(info->wire);
    }
  }
  const struct text hint = findings_suggest(r->findings, m->key, known, count);
  reader_error(r, m, "a bot of type %s has no member \"%.*s\"%.*s",
               bot_kind_info(kind)->wire, TEXT_ARG(m->key), TEXT_ARG(hint));
}

static void read_option(struct reader *r, const struct json *m,
                        struct bot_settings *s) {
  const enum bot_option option = bot_option_find(s->kind, m->key);
  struct text known[KNOWN_MAX];
  size_t count = 0;
  if (option == BOT_OPTIONS) {
    if (!is_common(m->key, known, &count)) {
      report_unknown(r, m, s->kind);
    }
    return;
  }
  const struct bot_option_info *info = bot_option_info(option);
  struct bot_value value = {.given = true, .text = TEXT("")};
  if (m->type != JSON_NULL && takers[info->type](r, m, info, &value)) {
    s->values[option] = value;
  }
}

static void fill_defaults(struct reader *r, const struct json *object,
                          struct bot_settings *s) {
  for (unsigned i = 0; i < BOT_OPTIONS; i++) {
    const enum bot_option option = (enum bot_option)i;
    const struct bot_option_info *info = bot_option_info(option);
    const struct json *m = json_member(object, text_from(info->wire));
    if (!bot_value_default(option, &s->values[i]) && info->kind == s->kind &&
        (m == NULL || m->type == JSON_NULL)) {
      reader_error(r, object, "\"%s\" is missing: a bot of type %s needs it",
                   info->wire, bot_kind_info(s->kind)->wire);
    }
  }
}

/* The object without what is not the engine's. */
static const struct json *engine_part(struct reader *r,
                                      const struct json *object) {
  struct json *out = arena_alloc(r->arena, sizeof *out);
  struct json *copies =
      arena_alloc(r->arena, ((size_t)object->count + 1) * sizeof *copies);
  struct text known[KNOWN_MAX];
  if (out == NULL || copies == NULL) {
    r->no_memory = true;
    return object;
  }
  *out = *object;
  out->first = NULL;
  out->count = 0;
  struct json **end = &out->first;
  for (const struct json *m = object->first; m != NULL; m = m->next) {
    size_t count = 0;
    if (is_common(m->key, known, &count) && !text_equal(m->key, TEXT("type"))) {
      struct json *copy = &copies[out->count++];
      *copy = *m;
      copy->next = NULL;
      *end = copy;
      end = &copy->next;
    }
  }
  return out;
}

const struct json *reader_read_bot(struct reader *r,
                                   const struct json *object) {
  if (object->type != JSON_OBJECT) {
    return object;
  }
  const struct json *id = json_member(object, TEXT("id"));
  struct bot_settings *s = &r->out->bots[r->out->bot_count];
  enum bot_kind kind;
  if (!find_kind(r, object, &kind)) {
    return engine_part(r, object);
  }
  *s = (struct bot_settings){.kind = kind};
  fill_defaults(r, object, s);
  for (const struct json *m = object->first; m != NULL; m = m->next) {
    read_option(r, m, s);
  }
  if (id != NULL && id->type == JSON_TEXT) {
    s->id = id->text;
    r->out->bot_count++;
  }
  return engine_part(r, object);
}
