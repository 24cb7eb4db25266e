/* A bot's socket is served by whoever registered for it. */
#include "api/serve_priv.h"

void serve_bot_socket(struct call *c) {
  const struct api *api = c->api;
  const struct directory *d = engine_directory(api_engine(api));
  if (directory_bot(d, c->params[0]) != c->by.number) {
    call_refuse(c, REFUSAL_FORBIDDEN,
                call_format(c, "The token is that of bot '%.*s'.",
                            TEXT_ARG(c->by.name)),
                TEXT(""));
  } else if (api->bots.open == NULL) {
    call_refuse(c, REFUSAL_NOT_FOUND, TEXT("No bots are served here."),
                TEXT(""));
  } else {
    api->bots.open(api->bots.ctx, c, c->by.number);
  }
}
