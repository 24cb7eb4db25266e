// echo.mjs - a bot that takes every session and echoes; some words make it do something else, and @instead may do
// something else with any: it says (or promises) whether it has.
import { Peer } from "./peer.mjs";
import { CARD } from "./speak.mjs";

export async function echo(server, name, instead = () => {}) {
  const bot = await Peer.bot(server, name);
  const answer = async (session, text) => {
    const say = (reply, data) => bot.send("message", { session, text: reply, data });
    const leave = (outcome) => {
      bot.send("session.goodbye", { session, outcome, reason: `asked for: ${text}` });
      bot.send("session.close", { session });
    };
    const words = {
      silence: () => {},
      types: () => bot.send("typing", { session, on: true }),
      data: () => say(undefined, CARD),
      rich: () => say("Which?", { _cognigy: { _default: { _quickReplies: { quickReplies: [{ title: "A" }] } } } }),
      two: () => (say("first"), say("second")),
      bye: () => leave("end"),
      human: () => leave("escalate"),
    };
    if (!(await instead(text))) (words[text] ?? (() => say(`You said: ${text}`)))();
  };
  bot.socket.on("message", (bytes) => {
    const f = JSON.parse(bytes);
    if (f.type === "session.invited") {
      bot.send("session.accept", { session: f.session.id });
      // What was said before it came, and nobody has answered.
      const last = f.session.messages.findLastIndex((m) => m.from !== "customer");
      for (const m of f.session.messages.slice(last + 1)) answer(f.session.id, m.text);
    } else if (f.type === "customer.message") answer(f.session, f.text);
  });
  return bot;
}
