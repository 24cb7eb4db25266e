// Which script, what state it is in, and what can be done with the whole of it.
import { type FormEvent, useState } from "react";
import type { Person } from "../shared/door";
import type { StudioLanguage } from "./messages";
import { TOUR } from "./tour";
import type { Workshop } from "./use_script";

interface Props {
  shop: Workshop;
  language: StudioLanguage;
  person: Person;
  onLeave: () => void;
  onTour: (() => void) | null; // null: one is on it
}

export function Bar({ shop, language, person, onLeave, onTour }: Props) {
  const { t } = language;
  const { script } = shop;
  const changed = script !== null && script.source !== script.published?.source;
  const broken = shop.checked?.graph === null;
  const touring = script?.name === TOUR;
  const why = touring ? t("studio.tour.kept") : person.role !== "admin" ? t("studio.publish.role") : broken ? t("studio.publish.errors") : undefined;
  return (
    <header className="bar">
      <h1>{t("studio.title")}</h1>
      <label className="pick">
        <span className="hidden">{t("studio.choose")}</span>
        <select value={script?.name ?? ""} onChange={(event) => shop.open(event.target.value)}>
          {script === null && <option value="" />}
          {touring && <option value={TOUR}>{t("studio.tour")}</option>}
          {shop.scripts.map((name) => <option key={name}>{name}</option>)}
        </select>
      </label>
      <NewScript shop={shop} language={language} />
      <p className="state" role="status">
        {shop.said === "published" ? t("studio.publish.done", { name: script?.name ?? "" })
          : script === null ? "" : touring ? t("studio.tour.kept") : changed ? t(script.published === null ? "studio.never" : "studio.draft") : t("studio.published")}
      </p>
      <div className="do">
        {changed && script?.published && <button type="button" className="second" onClick={shop.revert}>{t("studio.revert")}</button>}
        <button type="button" className="second" disabled={script === null || broken} onClick={shop.format}>{t("studio.format")}</button>
        <button type="button" disabled={!changed || why !== undefined} title={why} onClick={() => shop.publish()}>{t("studio.publish")}</button>
        {onTour !== null && <button type="button" className="second" onClick={onTour}>{t("studio.tour")}</button>}
        <button type="button" className="second" onClick={onLeave}>{t("signin.out")}</button>
      </div>
      {shop.missing !== null && <p role="alert" className="meanwhile">{t("studio.missing", { name: shop.missing })}</p>}
      {shop.meanwhile && (
        <p role="alert" className="meanwhile">
          {t("studio.publish.meanwhile", { name: script?.name ?? "" })}{" "}
          <button type="button" onClick={() => shop.publish(true)}>{t("studio.publish.anyway")}</button>
        </p>
      )}
    </header>
  );
}

function NewScript({ shop, language }: { shop: Workshop; language: StudioLanguage }) {
  const { t } = language;
  const [name, setName] = useState<string | null>(null);
  const [taken, setTaken] = useState(false);
  const send = (event: FormEvent): void => {
    event.preventDefault();
    const wanted = (name ?? "").trim();
    if (wanted === "") return;
    if (shop.make(wanted)) setName(null);
    else setTaken(true);
  };
  if (name === null) {
    return <button type="button" className="second" onClick={() => { setName(""); setTaken(false); }}>{t("studio.new")}</button>;
  }
  return (
    <form className="new" onSubmit={send} onKeyDown={(event) => event.key === "Escape" && setName(null)}>
      <input value={name} onChange={(event) => setName(event.target.value)} aria-label={t("studio.new.name")} placeholder={t("studio.new.name")} maxLength={128} autoFocus />
      <button type="submit">{t("studio.new.make")}</button>
      {taken && <span role="alert" className="bad">{t("studio.new.taken", { name: name.trim() })}</span>}
    </form>
  );
}
