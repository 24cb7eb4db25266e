/* reply.h - answers to the requests of a facade's peers, and what they ask. */
#ifndef BATON_FACADES_SHARED_REPLY_H
#define BATON_FACADES_SHARED_REPLY_H

#include "base/json.h"
#include "net/server.h"

/* With what lets pages of every origin read it: who asks shows a token, never a
 * cookie. Ends @req. */
void reply_send(struct http_request *req, int status, const char *type,
                struct text body);
/* The same as JSON. */
void reply_json(struct http_request *req, int status, struct text body);
/* The answer to OPTIONS of a browser. */
void reply_preflight(struct http_request *req);

/* The decoded value of a query parameter, in @arena; empty if it is not there
 * or broken. */
struct text query_text(struct arena *arena, struct text query,
                       struct text name);
/* The request's body as an object; NULL if it is none. @error may be NULL. */
const struct json *body_object(struct arena *arena, struct http_request *req,
                               struct json_error *error);
/* The member of @object, if it is a text; else empty. */
struct text peer_text(const struct json *object, const char *key);
/* In the time that their lengths take, whatever they hold. */
bool secret_equal(struct text a, struct text b);

#endif
