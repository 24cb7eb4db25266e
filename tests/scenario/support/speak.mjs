// speak.mjs - one bot in the protocols of the connectors that call it: it echoes, hands over at "human", ends at "bye".
export const OUTCOME = { human: "escalate", bye: "end" };
export const reply = (text) => (OUTCOME[text] ? "Good-bye." : `You said: ${text}`);

// What a data-only answer holds, by the word "data".
export const CARD = { card: { deep: [{ id: "9007199254740993" }] } };

// What goes with an answer of Cognigy's, by the words.
const WITH = { human: { handover: true }, bye: { action: "END_CONVERSATION" }, data: CARD };
const output = (words) => ({ text: words === "data" ? null : reply(words), data: WITH[words] ?? {} });

export const SPEAK = {
  webhook: (b) => (b.type !== "customer.message" ? {}
    : { messages: b.text === "data" ? [{ text: "", data: CARD }] : [reply(b.text)], outcome: OUTCOME[b.text] ?? "continue" }),
  exchange: (b) => ({ branchName: { human: 2, bye: 3 }[b.userInput] ?? 1,
    nextPromptSequence: { prompts: b.userInputType !== 1 ? []
      : [b.userInput === "data" ? { mediaSpecificObject: CARD } : { transcript: reply(b.userInput) }] } }),
  genesys: (b) => ({ botState: OUTCOME[b.inputMessage.text] ? "Complete" : "MoreData", intent: b.inputMessage.text,
    replyMessages: [b.inputMessage.text === "data" ? { type: "Structured", content: [CARD] } : { type: "Text", text: reply(b.inputMessage.text) }] }),
  rasa: (b) => (b.message === "data" ? [{ custom: CARD }] : [{ text: reply(b.message) },
    ...(OUTCOME[b.message] ? [{ custom: { action: b.message === "bye" ? "END_CONVERSATION" : "escalate" } }] : [])]),
  "cognigy-rest": (b) => ({ ...output(b.text), outputStack: [output(b.text)] }),
};

// The same behind Cognigy's Socket endpoint.
export function flow(endpoint) {
  return (socket, { text }) => {
    const said = output(text);
    endpoint.output(socket, said.text, said.data);
    endpoint.finalPing(socket);
    if (OUTCOME[text]) socket.disconnect();
  };
}

// The customer's words in a request of any of them.
export const wordsOf = (b) => b.text ?? b.userInput ?? b.inputMessage?.text ?? b.message;
