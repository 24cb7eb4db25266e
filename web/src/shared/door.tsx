// Who it is, before a page shows anything: signs in, and refuses the wrong role.
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { Language } from "./i18n";
import { ask, Refused, SIGNED_OUT } from "./problem";
import { SignIn } from "./signin";

export interface Person {
  role: string;
  id: string;
  name: string;
}

interface Props {
  language: Language;
  roles: readonly string[];
  refuse: (name: string) => string;
  children: (person: Person, leave: () => void) => ReactNode;
}

export function Door({ language, roles, refuse, children }: Props) {
  // undefined: not known yet; null: nobody.
  const [person, setPerson] = useState<Person | null | undefined>(undefined);
  const signedIn = useRef(false); // until it ends, or somebody leaves
  const [ended, setEnded] = useState(false);
  const look = (): void => {
    ask<Person>("/api/v1/me").then((found) => {
      signedIn.current = true;
      setPerson(found);
    }, (error: unknown) => {
      if (error instanceof Refused) setPerson(null);
      else setTimeout(look, 1000);
    });
  };
  useEffect(look, []);
  useEffect(() => {
    const onEnd = (): void => {
      if (!signedIn.current) return;
      signedIn.current = false;
      setEnded(true);
      setPerson(null);
    };
    addEventListener(SIGNED_OUT, onEnd);
    return () => removeEventListener(SIGNED_OUT, onEnd);
  }, []);
  const leave = (): void => {
    signedIn.current = false;
    setEnded(false);
    ask<{ next: string } | null>("/api/v1/logout", { method: "POST" })
      .then((answer) => answer !== null && location.assign(answer.next), () => {})
      .finally(() => setPerson(null));
  };
  if (person === undefined) return <p className="loading" role="status">{language.t("page.loading")}</p>;
  if (person === null) return <SignIn language={language} ended={ended} onDone={look} />;
  if (!roles.includes(person.role)) {
    return (
      <main className="loading">
        <p>{refuse(person.name)}</p>
        <p><button type="button" onClick={leave}>{language.t("signin.out")}</button></p>
        <p><a href="/">{language.t("page.other")}</a></p>
      </main>
    );
  }
  return children(person, leave);
}
