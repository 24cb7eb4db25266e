#include "studio/sarif.h"

static void put(struct json_out *json, const char *key, struct text value) {
  json_key(json, key);
  json_put_text(json, value);
}

static void put_number(struct json_out *json, const char *key, uint64_t n) {
  json_key(json, key);
  json_put_u64(json, n);
}

static void put_message(struct json_out *json, const char *key,
                        struct text value) {
  json_key(json, key);
  json_open_object(json);
  put(json, "text", value);
  json_close_object(json);
}

/* ---- rules */

static void put_rule(struct json_out *json, enum diagnostic_code code) {
  const char *level = diagnostic_severity_name(diagnostic_severity_of(code));
  struct textbuf *b = json->buf;
  json_open_object(json);
  put(json, "id", text_from(diagnostic_slug(code)));
  json_key(json, "shortDescription");
  json_open_object(json);
  json_key(json, "text");
  struct textbuf doc;
  textbuf_init(&doc, b->mem);
  textbuf_addf(&doc, "%s.", diagnostic_doc(code));
  json_put_text(json, textbuf_text(&doc));
  textbuf_free(&doc);
  json_close_object(json);
  json_key(json, "defaultConfiguration");
  json_open_object(json);
  put(json, "level", text_from(level));
  json_close_object(json);
  json_close_object(json);
}

static void put_tool(struct json_out *json, const char *version) {
  json_key(json, "tool");
  json_open_object(json);
  json_key(json, "driver");
  json_open_object(json);
  put(json, "name", TEXT("baton"));
  put(json, "version", text_from(version));
  json_key(json, "rules");
  json_open_list(json);
  for (unsigned i = 0; i < DIAGNOSTIC_CODES; i++) {
    put_rule(json, (enum diagnostic_code)i);
  }
  json_close_list(json);
  json_close_object(json);
  json_close_object(json);
}

void sarif_open(struct json_out *json, const char *version) {
  json_open_object(json);
  put(json, "$schema", TEXT("https://json.schemastore.org/sarif-2.1.0.json"));
  put(json, "version", TEXT("2.1.0"));
  json_key(json, "runs");
  json_open_list(json);
  json_open_object(json);
  put_tool(json, version);
  put(json, "columnKind", TEXT("unicodeCodePoints"));
  json_key(json, "results");
  json_open_list(json);
}

void sarif_close(struct json_out *json) {
  json_close_list(json);
  json_close_object(json);
  json_close_list(json);
  json_close_object(json);
}

/* ---- results */

/* A path as a URI: what is no plain character is escaped. */
static void put_uri(struct json_out *json, struct text path) {
  struct textbuf b;
  textbuf_init(&b, json->buf->mem);
  if (text_starts(path, TEXT("/"))) {
    textbuf_add(&b, TEXT("file://"));
  } else if (text_starts(path, TEXT("./"))) {
    path = text_sub(path, 2, path.len);
  }
  for (size_t i = 0; i < path.len; i++) {
    const char c = path.ptr[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '-' ||
        c == '_' || c == '~') {
      textbuf_add_char(&b, c);
    } else {
      textbuf_addf(&b, "%%%02X", (unsigned)(unsigned char)c);
    }
  }
  json_key(json, "artifactLocation");
  json_open_object(json);
  put(json, "uri", textbuf_text(&b));
  json_close_object(json);
  textbuf_free(&b);
}

static void put_location(struct json_out *json, const struct diagnostic *d,
                         struct text file) {
  json_key(json, "locations");
  json_open_list(json);
  json_open_object(json);
  json_key(json, "physicalLocation");
  json_open_object(json);
  put_uri(json, file);
  json_key(json, "region");
  json_open_object(json);
  put_number(json, "startLine", d->line);
  put_number(json, "startColumn", d->column);
  put_number(json, "endColumn", (uint64_t)d->column + d->length);
  put_message(json, "snippet", d->source_line);
  json_close_object(json);
  json_close_object(json);
  json_close_object(json);
  json_close_list(json);
}

/* The line behind its indent becomes the edit. */
static void put_fix(struct json_out *json, const struct diagnostic *d,
                    struct text file) {
  size_t indent = 0;
  while (indent < d->source_line.len && (d->source_line.ptr[indent] == ' ' ||
                                         d->source_line.ptr[indent] == '\t')) {
    indent++;
  }
  json_key(json, "fixes");
  json_open_list(json);
  json_open_object(json);
  put_message(json, "description", d->hint);
  json_key(json, "artifactChanges");
  json_open_list(json);
  json_open_object(json);
  put_uri(json, file);
  json_key(json, "replacements");
  json_open_list(json);
  json_open_object(json);
  json_key(json, "deletedRegion");
  json_open_object(json);
  put_number(json, "startLine", d->line);
  put_number(json, "startColumn", indent + 1);
  put_number(json, "endColumn", utf8_count(d->source_line) + 1);
  json_close_object(json);
  put_message(json, "insertedContent", d->edit);
  json_close_object(json);
  json_close_list(json);
  json_close_object(json);
  json_close_list(json);
  json_close_object(json);
  json_close_list(json);
}

static void put_result(struct json_out *json, const struct diagnostic *d,
                       struct text file) {
  struct textbuf message;
  textbuf_init(&message, json->buf->mem);
  textbuf_add(&message, d->message);
  if (d->hint.len > 0) {
    textbuf_add(&message, TEXT(". Hint: "));
    textbuf_add(&message, d->hint);
  }
  textbuf_add_char(&message, '.');
  json_open_object(json);
  put(json, "ruleId", text_from(diagnostic_slug(d->code)));
  put_number(json, "ruleIndex", d->code);
  put(json, "level", text_from(diagnostic_severity_name(d->severity)));
  put_message(json, "message", textbuf_text(&message));
  put_location(json, d, file);
  if (d->edit.len > 0) {
    put_fix(json, d, file);
  }
  json_close_object(json);
  textbuf_free(&message);
}

void sarif_add(struct json_out *json, const struct diagnostics *d,
               struct text file_name) {
  for (size_t i = 0; i < d->count; i++) {
    put_result(json, &d->items[i], file_name);
  }
}
