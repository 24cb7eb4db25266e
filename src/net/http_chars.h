/* http_chars.h - which bytes may stand where in a message (RFC 9110, 5.6). */
#ifndef BATON_NET_HTTP_CHARS_H
#define BATON_NET_HTTP_CHARS_H

#include <stdbool.h>

/* A byte of a method or a header name. */
bool http_is_token_char(char c);
/* A byte of a header value: no control characters but the tab. */
bool http_is_value_char(char c);
/* 0 to 15, or -1. */
int http_hex_digit(char c);

#endif
