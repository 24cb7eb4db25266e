// The agent's desk: signs in, then works.
import "../shared/page.css";
import "../shared/controls.css";
import "../shared/rich.css";
import "./desk.css";
import { createRoot } from "react-dom/client";
import { Door } from "../shared/door";
import { pickLanguage } from "../shared/i18n";
import { DeskView } from "./view";

const language = pickLanguage([...new URLSearchParams(location.search).getAll("lang"), ...navigator.languages]);
document.documentElement.lang = language.code;
document.documentElement.dir = language.direction;
document.title = language.t("desk.title");
const page = document.getElementById("page");
if (page !== null) {
  createRoot(page).render(
    <Door language={language} roles={["agent"]} refuse={(name) => language.t("desk.notAgent", { name })}>
      {(person, leave) => <DeskView key={person.id} person={person} language={language} onLeave={leave} />}
    </Door>,
  );
}
