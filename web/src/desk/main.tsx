// The agent's desk: signs in, then works.
import "../shared/page.css";
import "../shared/rich.css";
import "./desk.css";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { type Language, pickLanguage } from "../shared/i18n";
import { ask, Refused } from "../shared/problem";
import { SignIn } from "../shared/signin";
import type { Person } from "./desk";
import { DeskView } from "./view";

function Page({ language }: { language: Language }) {
  // undefined: not known yet; null: nobody.
  const [person, setPerson] = useState<Person | null | undefined>(undefined);
  const look = (): void => {
    ask<Person>("/api/v1/me").then(setPerson, (error: unknown) => {
      if (error instanceof Refused) setPerson(null);
      else setTimeout(look, 1000);
    });
  };
  useEffect(look, []);
  const leave = (): void => {
    void ask("/api/v1/logout", { method: "POST" }).finally(() => setPerson(null));
  };
  if (person === undefined) return <p className="loading" role="status">{language.t("page.loading")}</p>;
  if (person === null) return <SignIn language={language} onDone={look} />;
  if (person.role !== "agent") {
    return (
      <main className="loading">
        <p>{language.t("desk.notAgent", { name: person.name })}</p>
        <button type="button" onClick={leave}>{language.t("signin.out")}</button>
      </main>
    );
  }
  return <DeskView key={person.id} person={person} language={language} onLeave={leave} />;
}

const language = pickLanguage([...new URLSearchParams(location.search).getAll("lang"), ...navigator.languages]);
document.documentElement.lang = language.code;
document.documentElement.dir = language.direction;
document.title = language.t("desk.title");
const page = document.getElementById("page");
if (page !== null) createRoot(page).render(<Page language={language} />);
