// matrix.mjs - every route of /api/v1 and who may ask for it.

// Who may: c the customer of the session, v a visitor's public token, b the
// bot that holds it, a the agent whom it is with (here: nobody), s supervisor,
// d admin, o operator, n whoever has no token. Written down here once more, on
// purpose. An admin reads what people said (SAID) by a grant alone, and a
// supervisor of a team, tess, gets what is of no other team (OTHERS).
export const MATRIX = `
POST   /sessions                              v s d
GET    /sessions                              s d
GET    /sessions/ID                           c b s d
PATCH  /sessions/ID                           b s d
PATCH  /sessions/ID/attributes                b s d
GET    /sessions/ID/messages                  c b s d
POST   /sessions/ID/messages                  c b s
POST   /sessions/ID/callback                  c s
GET    /sessions/ID/transcript                c s d
POST   /sessions/ID/transcript                c s
POST   /sessions/ID/files                     c b s
GET    /sessions/ID/files/UNKNOWN             c b s d
POST   /sessions/ID/transfer                  b s d
GET    /sessions/ID/transfers/UNKNOWN         b s d
DELETE /sessions/ID/transfers/UNKNOWN         b s d
POST   /sessions/ID/release                   b s d
POST   /sessions/ID/hangup                    s d
POST   /sessions/ID/end                       c s d
POST   /sessions/ID/leave                     c s d
POST   /sessions/ID/disposition               s d
GET    /sessions/ID/dispositions              s d
POST   /sessions/ID/priority                  s d
POST   /sessions/ID/move                      s d
POST   /sessions/ID/assign                    s d
POST   /sessions/ID/listen                    s d
DELETE /sessions/ID/listen                    s d
POST   /sessions/ID/whisper                   s d
POST   /sessions/ID/barge                     s
POST   /sessions/ID/notes                     s d
POST   /sessions/ID/hold
DELETE /sessions/ID/hold
POST   /sessions/ID/recording/pause
DELETE /sessions/ID/recording/pause
PUT    /sessions/ID/consent                   c b s
POST   /sessions/ID/consult
DELETE /sessions/ID/consult
POST   /sessions/ID/consult/merge
POST   /sessions/ID/consult/complete
POST   /sessions/ID/requeue                   s d
POST   /sessions/ID/pull
POST   /sessions/ID/offer/withdraw            s d
POST   /sessions/ID/complete                  s d
POST   /sessions/ID/offer/accept
POST   /sessions/ID/offer/decline
POST   /sessions/ID/script                    s d
DELETE /sessions/ID/script                    s d
GET    /sessions/ID/script                    s d
GET    /sessions/ID/debugger                  s d
PUT    /sessions/ID/debugger                  s d
DELETE /sessions/ID/debugger                  s d
POST   /sessions/ID/debugger/step             s d
POST   /sessions/ID/debugger/variable         s d
GET    /sessions/ID/debugger/frames           s d
GET    /sessions/ID/debugger/evaluate         s d
GET    /sessions/ID/debugger/trace            s d
GET    /sessions/ID/debugger/trace/socket     s d
POST   /sessions/ID/signal                    s d
GET    /sessions/ID/timeline                  s d
GET    /sessions/ID/history                   s d
GET    /sessions/ID/explain                   s d
GET    /sessions/ID/candidates                s d
GET    /sessions/ID/decisions                 s d
GET    /sessions/ID/socket                    c
GET    /chat                                  v
GET    /history                               s d
GET    /queues                                a s d
GET    /queues/support                        a s d
GET    /queues/support/figures                a s d
PUT    /queues/support                        d
PATCH  /queues/support                        d
DELETE /queues/support                        d
GET    /queues/support/configuration          s d
POST   /queues/support/pause                  s d
POST   /queues/support/drain                  s d
POST   /queues/support/open                   s d
GET    /skills/French/figures                 a s d
PUT    /skills/French                         d
GET    /skills                                a s d
DELETE /skills/French                         d
GET    /hours                                 a s d
GET    /hours/nine                            a s d
PUT    /hours/nine                            d
PATCH  /hours/nine                            d
DELETE /hours/nine                            d
GET    /dispositions                          a s d
PUT    /dispositions/solved                   d
PATCH  /dispositions/solved                   d
DELETE /dispositions/solved                   d
GET    /agents                                a s d
GET    /agents/anna                           a s d
GET    /agents/anna/figures                   s d
PUT    /agents/anna                           d
PATCH  /agents/anna                           d
DELETE /agents/nemo                           d
GET    /agents/anna/configuration             s d
GET    /agents/anna/takeable                  a s d
POST   /agents/anna/pull                      a
PUT    /agents/anna/state                     a s d
GET    /agents/anna/socket                    a
GET    /bots                                  a s d
GET    /bots/cognigy                          b s d
PUT    /bots/cognigy                          d
GET    /bots/cognigy/socket                   b
GET    /scripts                               s d
GET    /scripts/forum                         s d
PUT    /scripts/forum                         d
GET    /scripts/forum/versions                s d
GET    /scripts/forum/versions/UNKNOWN        s d
POST   /studio/check                          s d
POST   /studio/complete                       s d
POST   /studio/hover                          s d
POST   /studio/format                         s d
POST   /studio/run                            s d
GET    /replies                               a s d
GET    /entryPoints                           s d
PUT    /entryPoints/plain                     d
GET    /audit                                 d
POST   /erasures                              d
POST   /exports                               d
GET    /holds                                 s d
POST   /holds                                 s d
DELETE /holds/UNKNOWN                         s d
GET    /grants                                s d
POST   /grants                                s d
DELETE /grants/UNKNOWN                        s d
GET    /audit/verification                    d o
GET    /limits                                s d o
GET    /events                                c a s d
GET    /events/socket                         c a s d
POST   /tickets                               c v b a s d
GET    /me                                    c b a s d o
`.trim().split("\n").map((line) => {
  const [method, path, ...who] = line.split(/\s+/);
  return { method, path, who };
});

export const UNKNOWN = "0192f1c4-7d3e-7b2a-9f00-2f1d5a7c9e10";

// A body that is not a command's, so that nothing is changed by those who may.
export const BROKEN = { PUT: { nonsense: true }, PATCH: { nonsense: true }, POST: { nonsense: true } };

const GOOD = {
  "/transfer": { queueId: "support" }, "/messages": { text: "hello" }, "/notes": { text: "careful" }, "/consult": { queueId: "support" }, "/signal": { value: 1 },
  "/priority": { priority: 1 }, "/script": { name: "forum" }, "/state": { state: "away" },
  "/step": { step: "over" }, "/callback": { number: "030 1234567" }, "/transcript": { to: "anna@shop.example" }, "/variable": { name: "x", expression: "1" },
  "/attributes": {}, "/ID": { attributes: {} }, "/sessions": { entryPoint: "plain" }, "/disposition": { disposition: "x" },
};

// One that a command of that path understands.
export function goodBody(path) {
  const key = Object.keys(GOOD).find((end) => path.endsWith(end));
  return GOOD[key] ?? {};
}
