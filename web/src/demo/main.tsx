// A page as customers have it, with the widget of ?entry= in its corner.
import "../shared/page.css";
import "./demo.css";
import { createRoot } from "react-dom/client";
import { pickLanguage } from "../shared/i18n";

const asked = new URLSearchParams(location.search);
const entry = asked.get("entry") ?? "main";
const { t, code } = pickLanguage([...asked.getAll("lang"), ...navigator.languages]);
document.documentElement.lang = code;
document.title = t("demo.title");

const line = `<script src="${location.origin}/widget.js" data-entry="${entry}"></script>`;
const page = document.getElementById("page");
if (page !== null) {
  createRoot(page).render(
    <main className="demo">
      <h1>{t("demo.title")}</h1>
      <p>{t("demo.lead")}</p>
      <pre>{line}</pre>
    </main>,
  );
}

const script = document.createElement("script");
script.src = "/widget.js";
script.dataset["entry"] = entry;
script.dataset["lang"] = code;
document.body.append(script);
