// The front page: what there is, and where.
import "../shared/page.css";
import "./home.css";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { type Key, type Language, pickLanguage } from "../shared/i18n";

const PLACES: readonly { href: string; name: Key; what: Key }[] = [
  { href: "/demo", name: "home.demo", what: "home.demo.what" },
  { href: "/desk", name: "home.desk", what: "home.desk.what" },
  { href: "/wall", name: "home.wall", what: "home.wall.what" },
  { href: "/studio", name: "home.studio", what: "home.studio.what" },
];

function Home({ language: { t } }: { language: Language }) {
  const [ready, setReady] = useState<boolean | null>(null);
  useEffect(() => {
    fetch("/readyz", { cache: "no-store" }).then((answer) => setReady(answer.ok), () => setReady(false));
  }, []);
  return (
    <main className="home">
      <h1>Baton</h1>
      <p>{t("home.lead")}</p>
      <ul>
        {PLACES.map(({ href, name, what }) => (
          <li key={href}><a href={href + location.search}><strong>{t(name)}</strong><span>{t(what)}</span></a></li>
        ))}
      </ul>
      <p role="status" className={ready === false ? "state bad" : "state"}>{ready === null ? t("page.loading") : t(ready ? "home.ready" : "home.notReady")}</p>
    </main>
  );
}

const language = pickLanguage([...new URLSearchParams(location.search).getAll("lang"), ...navigator.languages]);
document.documentElement.lang = language.code;
document.documentElement.dir = language.direction;
const page = document.getElementById("page");
if (page !== null) createRoot(page).render(<Home language={language} />);
