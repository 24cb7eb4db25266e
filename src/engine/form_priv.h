/* form_priv.h - what reading a JSON body and reading options have in common. */
#ifndef BATON_ENGINE_FORM_PRIV_H
#define BATON_ENGINE_FORM_PRIV_H

#include "engine/form.h"
#include "engine/wording_priv.h"

struct form {
  enum command_type type;
  struct arena *arena;    /* options: for their values of kind JSON */
  bool options;           /* messages speak of an option, not of a pointer */
  struct wording pointer; /* in error->pointer: the place that is being read */
  struct form_error *error;
  struct record fields; /* goes to the caller when all of it is well */
};

void form_begin(struct form *f, enum command_type type,
                struct form_error *error);
/* INVALID_MEMBER about the place that is being read: the detail begins with it
 * ("/priority ", "option priority ") and goes on in the result. */
struct wording form_fail(struct form *f);
/* The member @name is not one of the command's. */
bool form_fail_unknown(struct form *f, struct text name);
bool form_fail_memory(struct form *f);

/* Checks a value against field.def and keeps it; false: the error is filled. */
/* Rounded to hundredths. */
bool form_put_points(struct form *f, enum field field, double points);
bool form_put_num(struct form *f, enum field field, int64_t n);
bool form_put_text(struct form *f, enum field field, struct text t);
bool form_put_name(struct form *f, enum field field, struct text t);
bool form_put_json(struct form *f, enum field field, const struct json *v);
/* "…, expected a whole number 0 … 1000" for the kind of the field; not for
 * JSON, whose shape is the field's own. */
void form_add_expected(struct wording *w, enum field field);
/* Parses a body, or a value of kind JSON that options carry. */
bool form_parse(struct form *f, struct text source, struct arena *arena,
                struct json **out);

#endif
