// Login and password, or a provider's own page; what is refused is said in the server's words.
import { type FormEvent, useEffect, useState } from "react";
import type { Language } from "./i18n";
import { ask, Refused, wordsOf } from "./problem";

interface WaysIn {
  password: boolean;
  providers: { id: string; name: string; path: string }[];
}

// Where nobody answers, the form says so when it is sent.
const PASSWORD_ALONE: WaysIn = { password: true, providers: [] };

// @ended: somebody was signed in on this page, and is not any more.
export function SignIn({ language, ended, onDone }: { language: Language; ended: boolean; onDone: () => void }) {
  const [ways, setWays] = useState<WaysIn | undefined>(undefined);
  useEffect(() => {
    ask<WaysIn>("/api/v1/login").then(setWays, () => setWays(PASSWORD_ALONE));
  }, []);
  if (ways === undefined) return <p className="loading" role="status">{language.t("page.loading")}</p>;
  return (
    <main className="signin">
      <p className="faint">{document.title}</p>
      {ended && <p role="status" className="warn">{language.t("signin.ended")}</p>}
      {ways.password ? <Password language={language} onDone={onDone} /> : <h1>{language.t("signin.title")}</h1>}
      {ways.providers.length > 0 && <Providers language={language} ways={ways} />}
    </main>
  );
}

const RETURN_MOST = 256;

// This page, in the letters that the server leads back to.
function addressHere(): string {
  const whole = (location.pathname + location.search + location.hash)
    .replace(/[^\w\-.~/?=&%+:,#]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
  return whole.length > RETURN_MOST ? location.pathname : whole;
}

// Links: the browser leaves this page, and comes back to it.
function Providers({ language, ways }: { language: Language; ways: WaysIn }) {
  const here = encodeURIComponent(addressHere());
  return (
    <ul>
      {ways.providers.map((provider) => (
        <li key={provider.id}>
          <a href={`${provider.path}?return=${here}`}>{language.t("signin.by", { name: provider.name })}</a>
        </li>
      ))}
    </ul>
  );
}

function Password({ language, onDone }: { language: Language; onDone: () => void }) {
  const { t } = language;
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const send = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const body = JSON.stringify({ login: form.get("login"), password: form.get("password") });
    setBusy(true);
    setSaid("");
    ask("/api/v1/login", { method: "POST", body })
      .then(onDone, (error: unknown) => setSaid(wordsFor(error, language)))
      .finally(() => setBusy(false));
  };
  return (
    <form onSubmit={send}>
      <h1>{t("signin.title")}</h1>
      <label>{t("signin.login")}<input name="login" autoComplete="username" autoFocus required /></label>
      <label>{t("signin.password")}<input name="password" type="password" autoComplete="current-password" required /></label>
      {said !== "" && <p role="alert" className="bad">{said}</p>}
      <button type="submit" disabled={busy}>{t("signin.in")}</button>
    </form>
  );
}

function wordsFor(error: unknown, language: Language): string {
  const { t } = language;
  const status = error instanceof Refused ? error.status : 0;
  if (status === 401) return t("signin.wrong");
  if (!(error instanceof Refused) || status !== 429) return wordsOf(error, language);
  return t("signin.later", { count: Math.ceil((error.problem.retryAfterMs ?? 1000) / 1000) });
}
