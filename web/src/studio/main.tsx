// The Studio: signs in, then opens the scripts.
import "../shared/page.css";
import "../shared/controls.css";
import "./studio.css";
import { createRoot } from "react-dom/client";
import { Door } from "../shared/door";
import { pickStudioLanguage } from "./messages";
import { StudioView } from "./view";

const language = pickStudioLanguage([...new URLSearchParams(location.search).getAll("lang"), ...navigator.languages]);
const page = document.getElementById("page");
document.documentElement.lang = language.code;
document.documentElement.dir = language.direction;
document.title = language.t("studio.title");
if (page !== null) {
  createRoot(page).render(
    <Door language={language} roles={["supervisor", "admin"]} refuse={(name) => language.t("studio.notAllowed", { name })}>
      {(person, leave) => <StudioView key={person.id} person={person} language={language} onLeave={leave} />}
    </Door>,
  );
}
