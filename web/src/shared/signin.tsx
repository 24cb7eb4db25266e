// Login and password; what is refused is said in the server's words.
import { type FormEvent, useState } from "react";
import type { Language } from "./i18n";
import { ask, Refused } from "./problem";

export function SignIn({ language, onDone }: { language: Language; onDone: () => void }) {
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
      .then(onDone, (error: unknown) => setSaid(error instanceof Refused ? wordsFor(error, t) : t("page.offline")))
      .finally(() => setBusy(false));
  };
  return (
    <main className="signin">
      <form onSubmit={send}>
        <h1>{t("signin.title")}</h1>
        <label>{t("signin.login")}<input name="login" autoComplete="username" autoFocus required /></label>
        <label>{t("signin.password")}<input name="password" type="password" autoComplete="current-password" required /></label>
        {said !== "" && <p role="alert" className="bad">{said}</p>}
        <button type="submit" disabled={busy}>{t("signin.in")}</button>
      </form>
    </main>
  );
}

function wordsFor(error: Refused, t: Language["t"]): string {
  if (error.status === 401) return t("signin.wrong");
  if (error.status !== 429) return error.message;
  return t("signin.later", { count: Math.ceil((error.problem.retryAfterMs ?? 1000) / 1000) });
}
