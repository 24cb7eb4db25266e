// The wallboard: signs in, then shows the centre.
import "../shared/page.css";
import "../shared/rich.css";
import "../shared/controls.css";
import "./wall.css";
import { createRoot } from "react-dom/client";
import { Door } from "../shared/door";
import { pickWallLanguage } from "./messages";
import { WallView } from "./view";

const language = pickWallLanguage([...new URLSearchParams(location.search).getAll("lang"), ...navigator.languages]);
const page = document.getElementById("page");
document.documentElement.lang = language.code;
document.documentElement.dir = language.direction;
document.title = language.t("wall.title");
if (page !== null) {
  createRoot(page).render(
    <Door language={language} roles={["supervisor", "admin"]} refuse={(name) => language.t("wall.notAllowed", { name })}>
      {(person, leave) => <WallView key={person.id} person={person} language={language} onLeave={leave} />}
    </Door>,
  );
}
