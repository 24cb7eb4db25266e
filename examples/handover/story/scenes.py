"""scenes.py - the ticket, and its four cures, one after the other."""
import asyncio
import difflib
import json
import pathlib

from .processes import Actor, StoryError

BOT, AGENT = "cognigy", "anna"
TRANSFER = {"skill": "AgentSkill", "priority": 1}  # what line 5 of the script asks for
ASKS = "My bill is wrong. Can I talk to a person?"
THANKS = "Thank you, that is what I wanted to know!"

# Entry point, script, and what the cure is.
CURES = (
    ("released", "cure-released", "let the transfer wait for the release: it goes in the step in "
     "which the bot's hold ends, and nothing can come between"),
    ("end", "cure-end", "end the bot's part in order, then transfer"),
    ("wait", "cure-wait", "wait until the bot has surely closed (a guess, and it costs the customer time)"),
    ("hangup", "cure-hangup", "end the bot's part at once, then transfer"),
)


class Play:
    """What every scene needs: the server, its events, and the stage."""

    def __init__(self, server, events, terminal, agent):
        self.server, self.events, self.terminal, self.agent = server, events, terminal, agent
        self.scripts = pathlib.Path(__file__).resolve().parents[1]

    def actor(self, program, role, *arguments):
        return Actor(program, self.server.url, self.server.tokens[role], *arguments)

    def bot(self):
        """Serves one session and closes its connection one second after its goodbye."""
        return self.actor("bot", BOT, "--name", BOT, "--sessions", "1", "--close-after", "1")

    def customer(self, entry_point):
        return self.actor("customer", "visitor", "--entry-point", entry_point,
                          "--to-bot", ASKS, "--to-agent", THANKS)

    async def bot_is_there(self):
        for _ in range(200):
            status, bot = await self.server.get(f"/api/v1/bots/{BOT}")
            if status == 200 and bot["connected"]:
                return
            await asyncio.sleep(0.05)
        raise StoryError("bot.py does not connect")


async def ticket(play):
    """The forum script runs at the goodbye, and its transfer is refused."""
    out, events = play.terminal, play.events
    out.title("1  The ticket: 409 straight after the bot's goodbye")
    out.para(f"A bot greets, says goodbye, and closes its connection one second later. At the goodbye "
             f"forum.studio runs; agent '{AGENT}' is free all the time.")
    out.block((play.scripts / "forum.studio").read_text(encoding="utf-8"), "quiet")
    out.write()
    async with play.bot() as bot:
        await play.bot_is_there()
        async with play.customer("forum") as customer:
            session = await events.opened()
            await events.happened("transfer.refused", "forum.studio's transfer is refused",
                                  refusal="release_in_progress")
            status, refusal = await play.server.ask(
                "POST", f"/api/v1/sessions/{session}/transfer", TRANSFER)
            await events.happened("script.log", "forum.studio logs the refusal", level=4)
            await events.happened("bot.released", "the bot closes its connection")
            await bot.done()
            show_refusal(out, session, status, refusal)
            await show_explanation(play, session)
            out.para("Nobody holds the session now. Were nobody to act, the entry point's fallback, "
                     "queue 'support', would take it after 30 s; this customer leaves instead.")
            out.write()
            await customer.leave()
            await events.happened("session.ended", "the customer leaves")


def show_refusal(out, session, status, refusal):
    if status != 409 or refusal.get("refusal") != "release_in_progress":
        raise StoryError(f"the transfer was answered {status} instead of 409 release_in_progress: {refusal}")
    out.write()
    out.para("The refusal, whole. This is the same request over REST, sent while the bot was releasing:")
    out.block(f"POST /api/v1/sessions/{session}/transfer\n{json.dumps(TRANSFER)}\n\n"
              "409 Conflict, application/problem+json", "quiet")
    out.document(refusal)


async def show_explanation(play, session):
    out = play.terminal
    out.write()
    out.para(f"baton explain {session}")
    words = await play.server.explain(session)
    if "release_in_progress" not in words:
        raise StoryError(f"baton explain does not tell the refusal:\n{words}")
    out.block(words)
    out.write()


async def cure(play, number, entry_point, script, why):
    """The same customer, bot and agent, with a script that differs in one line."""
    out, events = play.terminal, play.events
    out.title(f"{number}  {script}.studio")
    out.para(f"The cure: {why}.")
    show_difference(play, script)
    async with play.bot() as bot:
        await play.bot_is_there()
        async with play.customer(entry_point) as customer:
            await events.opened()
            await events.happened("bot.goodbye", "the bot says goodbye")
            step = await events.happened(("session.connected", "transfer.refused"), "the agent accepts")
            if step["type"] == "transfer.refused":
                raise StoryError(f"{script}.studio: its transfer was refused: {step['detail']}")
            await customer.heard("message", "the agent's line", **{"from": "agent"})
            await play.agent.heard("message", "the customer's line", text=THANKS, session=events.session)
            await bot.done()
            await events.happened("session.ended", "the agent ends and documents the session")
            await customer.done()
            heard = (customer.count("message", **{"from": "agent"}),
                     play.agent.count("message", text=THANKS, session=events.session))
    if heard != (1, 1):
        raise StoryError(f"customer and agent heard each other's line {heard} times instead of once")
    out.write(out.paint("good", f"✓ Agent '{AGENT}' took the session; customer and agent heard each other, each line once."))


def show_difference(play, script):
    """The lines in which the script differs from the ticket's."""
    before, after = ((play.scripts / f"{name}.studio").read_text(encoding="utf-8").splitlines()
                     for name in ("forum", script))
    for line in difflib.unified_diff(before, after, n=0, lineterm=""):
        if line.startswith("@@"):
            number = line.split("+")[1].split(",")[0].split(" ")[0]
        elif line[0] in "+-" and not line.startswith(("+++", "---")) and line[1:].strip():
            play.terminal.block(f"{line[0]} {line[1:]}", "good" if line[0] == "+" else "refused")
    play.terminal.write()


async def all_of_it(play):
    await ticket(play)
    for number, (entry_point, script, why) in enumerate(CURES, 2):
        await cure(play, number, entry_point, script, why)
