/* xml_priv.h - values from XML and as XML.
 *
 * An element with nothing but text is that text. One with attributes or other
 * elements is an object: its attributes are members "@name", its elements
 * members by their name (a list where a name comes again), and its own text,
 * without blanks at both ends, the member "$value". The document is an object
 * with one member, its root. No document types, no entities but the five and
 * characters by number.
 */
#ifndef BATON_STUDIO_XML_PRIV_H
#define BATON_STUDIO_XML_PRIV_H

#include "studio/value_priv.h"

struct xml_error {
  char message[160];
  size_t at; /* byte */
};

/* BT_ERR_SYNTAX: *error says why. BT_ERR_FULL: no room on the heap.
 * BT_ERR_NOMEM. */
enum bt_err xml_read(struct heap *h, struct text xml, struct value *out,
                     struct xml_error *error) BT_USE_RESULT;

/* Appends @v; its root is called @root, or, if that is empty, like the only
 * member of @v, or else "root". BT_ERR_RANGE: nested too deeply. BT_ERR_SYNTAX:
 * *bad_name cannot be the name of an element. */
enum bt_err xml_write(struct value v, struct text root, struct textbuf *out,
                      struct text *bad_name) BT_USE_RESULT;

bool xml_is_name(struct text name);
/* The member that a script means by @name in an object that came from XML: its
 * attribute, or its element with a prefix. NULL if there is none. */
struct value *xml_find(const struct object_obj *o, struct text name);

#endif
