/* lsp.h - the language server: editors speak the Language Server Protocol 3.17
 * over standard input and output.
 *
 * Every request is answered before the next one is read: a script is small, and
 * what is known about it is read anew in milliseconds. Positions on the wire
 * are lines and UTF-16 units from 0; inside they are lines and code points
 * from 1.
 */
#ifndef BATON_CLI_LSP_H
#define BATON_CLI_LSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/rpc_stdio.h"
#include "studio/diagnostic.h"
#include "studio/symbols.h"

/* Codes of JSON-RPC 2.0, and of the protocol's section "ResponseError". */
enum lsp_code {
  LSP_CODE_NONE = 0,
  LSP_CODE_PARSE = -32700,
  LSP_CODE_INVALID_REQUEST = -32600,
  LSP_CODE_METHOD_NOT_FOUND = -32601,
  LSP_CODE_INVALID_PARAMS = -32602,
  LSP_CODE_INTERNAL = -32603,
  LSP_CODE_NOT_INITIALIZED = -32002,
  LSP_CODE_REQUEST_FAILED = -32803
};

/* Where each line of a text begins. */
struct lsp_lines {
  size_t *starts;
  size_t count, cap;
};

struct lsp_document {
  struct textbuf uri, text;
  int64_t version;
  struct diagnostics diags; /* as published last */
  struct lsp_lines wire_lines, source_lines;
  struct symbols *symbols; /* of the text as it is; NULL: not read yet */
};

struct lsp {
  struct rpc_stdio rpc;
  struct arena arena; /* of the message at hand */
  struct lsp_document **documents;
  size_t count, cap;
  struct textbuf docs; /* where findings are explained: …/ and their name */
  bool initialized, shut_down;
};

/* A request or a notification while it is answered. */
struct lsp_call {
  struct lsp *server;
  const struct json *params; /* an object, or NULL */
  struct json_out *out;      /* takes the result: exactly one value */
  enum lsp_code code;        /* set by lsp_fail() */
  char message[512];
};

typedef void lsp_handler(struct lsp_call *c);

/* The answer is an error; what was written to the result is dropped. */
__attribute__((format(printf, 3, 4))) void
lsp_fail(struct lsp_call *c, enum lsp_code code, const char *format, ...);
/* A message from us: a notification. */
void lsp_notify(struct lsp *s, const char *method, struct text params);

/* ---- lsp_documents.c */

/* 0-based lines and UTF-16 units. */
struct lsp_position {
  uint32_t line, character;
};

struct lsp_range {
  struct lsp_position start, end;
};

/* The open document that the parameters are about. NULL: the call has failed.
 */
struct lsp_document *lsp_document_of(struct lsp_call *c);
/* What its names stand for; NULL: the call has failed. */
struct symbols *lsp_symbols_of(struct lsp_call *c, struct lsp_document *d);

/* Where the cursor stands. */
struct lsp_spot {
  struct lsp_document *document;
  struct symbols *symbols; /* of the document */
  struct symbol_place at;  /* in code points */
};

/* The place of params.position. False: the call has failed. */
bool lsp_spot_of(struct lsp_call *c, struct lsp_spot *spot);

void lsp_close_documents(struct lsp *s);

lsp_handler lsp_did_open, lsp_did_change, lsp_did_save, lsp_did_close;

/* ---- lsp_position.c */

/* To be called whenever the text has changed. */
void lsp_index_lines(struct lsp_document *d);
void lsp_free_lines(struct lsp_document *d);

/* A member of the parameters that is a position or a range. */
bool lsp_read_position(const struct json *json, struct lsp_position *out);
bool lsp_read_range(const struct json *json, struct lsp_range *out);
size_t lsp_offset(const struct lsp_document *d, struct lsp_position at);
struct lsp_position lsp_position_at(const struct lsp_document *d,
                                    size_t offset);
struct symbol_place lsp_place_at(const struct lsp_document *d, size_t offset);
/* Of a place in code points; a length of 0 is a point. */
struct lsp_range lsp_range_of(const struct lsp_document *d,
                              struct symbol_place place);

void lsp_put_range(struct json_out *o, const char *key, struct lsp_range range);
void lsp_put_place(struct json_out *o, const char *key,
                   const struct lsp_document *d, struct symbol_place place);

/* ---- lsp_findings.c */

/* Checks the document and tells the editor. */
void lsp_publish(struct lsp *s, struct lsp_document *d);

lsp_handler lsp_code_action;

/* ---- lsp_names.c */

lsp_handler lsp_definition, lsp_references, lsp_highlight, lsp_prepare_rename,
    lsp_rename, lsp_document_symbol;

/* ---- lsp_tokens.c */

lsp_handler lsp_semantic_tokens;
/* What the numbers of its answer mean. */
void lsp_put_token_legend(struct json_out *o);

/* ---- lsp_help.c */

lsp_handler lsp_completion, lsp_hover, lsp_signature_help, lsp_formatting;

/* ---- lsp_server.c */

/* Answers one message that was read. */
void lsp_handle(struct lsp *s, const struct json *message);
/* An error that belongs to no request. */
void lsp_refuse(struct lsp *s, enum lsp_code code, const char *message);

#endif
