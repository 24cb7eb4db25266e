/* attachments.h - files in open messages.
 *
 * An element of "content": {contentType: "Attachment", attachment: {mediaType,
 * url, mime, filename}}.
 */
#ifndef BATON_GENESYS_ATTACHMENTS_H
#define BATON_GENESYS_ATTACHMENTS_H

#include "api/api.h"

/* Into a list that is open: one element for each file of @links, as
 * api_link_files() lists them; none whose address is no whole one, for they
 * could not be fetched from there. */
void genesys_put_attachments(struct text links, struct json_out *o);

#endif
