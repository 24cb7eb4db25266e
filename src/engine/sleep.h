/* sleep.h - what a script that sleeps waits for: FIELD_SLEEP. */
#ifndef BATON_ENGINE_SLEEP_H
#define BATON_ENGINE_SLEEP_H

/* The journal keeps the number: append only. */
#define SLEEP_LIST(X)                                                          \
  X(NONE, "")                                                                  \
  X(TIME, "a time")                                                            \
  X(TRANSFER, "its transfer")                                                  \
  X(IDLE, "the end of the bot's part")                                         \
  X(STATUS, "a status")                                                        \
  X(CUSTOMER, "the customer")                                                  \
  X(REST, "a REST answer")                                                     \
  X(EVENTS, "an event")                                                        \
  X(SUB, "another script")                                                     \
  X(DEBUGGER, "its debugger")                                                  \
  X(BOT, "a bot's turn")
#define X(name, text) SLEEP_##name,
enum sleep { SLEEP_LIST(X) SLEEPS };
#undef X

#endif
