/* serve_priv.h - the functions that answer: one a word of routes.def. */
#ifndef BATON_API_SERVE_PRIV_H
#define BATON_API_SERVE_PRIV_H

#include "api/api_priv.h"

/* commands.c */
serve_fn serve_open, serve_command, serve_attributes, serve_put;
serve_fn serve_put_script;
/* The Idempotency-Key of the request, with the hash of what it asks for. False:
 * answered. */
bool call_read_key(struct call *c, uint64_t hash, struct record *args);
void call_put_epoch(struct call *c, struct record *args);
/* transcript.c, mail.c */
serve_fn serve_transcript, serve_mail_transcript;
/* files.c */
serve_fn serve_send_file, serve_file;
/* Answers with the file of c->session; who may have it was looked at. */
void call_fetch_file(struct call *c, struct text id);
/* links.c */
serve_fn serve_linked_file;
/* views.c */
serve_fn serve_sessions, serve_session, serve_messages, serve_transfer;
serve_fn serve_run, serve_candidates, serve_outcomes;
/* story.c */
serve_fn serve_timeline, serve_explain;
/* May the caller read the session's story? A finished session has left the
 * engine: supervisors and above may still, and agents of the session cannot be
 * told from others. Else the call is answered, and false. */
bool call_find_story(struct call *c);
/* Every event of the session as a list; those with the variables of its scripts
 * if @whole. Errors as domain_timeline(). */
enum bt_err story_put_events(struct api *api, struct id session, bool whole,
                             struct json_out *o) BT_USE_RESULT;
/* Why the story cannot be read. */
void call_refuse_journal(struct call *c, enum bt_err err);
/* history.c */
serve_fn serve_history, serve_session_history;
struct history_row;
void history_put_row(struct json_out *o, const struct history_row *row);
/* decisions.c */
serve_fn serve_decisions;
/* lists.c */
serve_fn serve_patch, serve_remove, serve_queue_config, serve_agent_config;
serve_fn serve_skills, serve_calendars, serve_calendar, serve_dispositions;
serve_fn serve_queues, serve_queue, serve_agents, serve_takeable, serve_agent,
    serve_bots;
serve_fn serve_queue_figures, serve_skill_figures, serve_agent_figures;
serve_fn serve_bot, serve_scripts, serve_script, serve_versions, serve_version;
serve_fn serve_entries, serve_replies;
/* chat.c, desk.c, stream.c */
serve_fn serve_chat, serve_chat_again, serve_desk, serve_bot_socket;
serve_fn serve_events, serve_events_socket;
serve_fn serve_trace, serve_trace_socket;
/* debug.c */
serve_fn serve_debugger, serve_frames, serve_evaluate;
/* studio.c */
#define ASK(name, worker) serve_fn serve_studio_##name;
#include "api/studio.def"
#undef ASK
/* audit.c */
serve_fn serve_audit, serve_audit_verification;
/* erase.c, export.c, holds.c */
serve_fn serve_erase, serve_export;
serve_fn serve_put_hold, serve_holds, serve_lift_hold;
serve_fn serve_give_grant, serve_grants, serve_withdraw_grant;
serve_fn serve_limits;
/* signin.c, signin_oidc.c */
serve_fn serve_login, serve_logout, serve_me;
serve_fn serve_ways_in, serve_sign_in_at, serve_signed_in_at;
/* own.c */
serve_fn serve_tickets, serve_healthz, serve_readyz, serve_metrics;

/* May the caller's role do it? Else the call is answered, and false. */
bool call_may(struct call *c);

#endif
