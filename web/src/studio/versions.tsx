// What was published, when and by whom; compared with the draft, and brought back.
import { unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef, useState } from "react";
import { listVersions, readVersion, type Version } from "./calls";
import { studioLanguage } from "./language";
import { look } from "./look";
import type { StudioLanguage } from "./messages";
import type { Workshop } from "./use_script";

interface Props {
  shop: Workshop;
  language: StudioLanguage;
  mayPublish: boolean;
}

export function Versions({ shop, language, mayPublish }: Props) {
  const { t } = language;
  const [versions, setVersions] = useState<Version[] | null>(null);
  const [open, setOpen] = useState<{ version: string; source: string } | null>(null);
  const name = shop.script?.name ?? "";
  const isNew = shop.script?.published === null;
  useEffect(() => {
    setOpen(null);
    if (isNew) setVersions([]);
    else listVersions(name).then(setVersions, shop.fail);
  }, [name, isNew]);
  const withText = (version: string, then: (source: string) => void): void => {
    readVersion(name, version).then(({ source }) => then(source), shop.fail);
  };
  if (versions === null) return <p className="faint">{t("page.loading")}</p>;
  if (versions.length === 0) return <p className="faint">{t("studio.versions.none")}</p>;
  return (
    <div className="versions">
      <ol>
        {versions.map((one) => (
          <li key={one.version} className={one.current ? "current" : ""}>
            <p>
              <code>{one.version.slice(0, 8)}</code> {one.current && <strong className="good">{t("studio.versions.current")}</strong>}
              <span className="faint"> {whoAndWhen(one, language)} · {t("studio.versions.lines", { count: one.lines })}</span>
            </p>
            <div className="row">
              <button type="button" className="second" aria-expanded={open?.version === one.version} onClick={() => (open?.version === one.version ? setOpen(null) : withText(one.version, (source) => setOpen({ version: one.version, source })))}>
                {t("studio.versions.diff")}
              </button>
              <button type="button" className="second" onClick={() => withText(one.version, (source) => shop.editor.current?.replace(source))}>{t("studio.versions.take")}</button>
              {!one.current && mayPublish && <button type="button" onClick={() => withText(one.version, shop.publishText)}>{t("studio.versions.back")}</button>}
            </div>
            {open?.version === one.version && <Difference before={open.source} after={shop.script?.source ?? ""} version={open.version.slice(0, 8)} language={language} />}
          </li>
        ))}
      </ol>
    </div>
  );
}

function whoAndWhen(one: Version, language: StudioLanguage): string {
  const when = one.publishedAt === null ? "" : language.moment(one.publishedAt);
  if (one.role === "system" || one.by === "") return [when, language.t("studio.versions.file")].filter((part) => part !== "").join(", ");
  return language.t("studio.versions.by", { when, by: one.by });
}

function Difference({ before, after, version, language }: { before: string; after: string; version: string; language: StudioLanguage }) {
  const { t } = language;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const root = box.shadowRoot ?? box.attachShadow({ mode: "open" });
    const view = new EditorView({
      parent: root,
      root,
      state: EditorState.create({
        doc: after,
        extensions: [
          lineNumbers(),
          studioLanguage,
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({ "aria-label": t("studio.versions.diffOf", { version }), tabindex: "0" }),
          unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 3, minSize: 6 } }),
          look,
        ],
      }),
    });
    return () => view.destroy();
  }, [before, after, version, t]);
  if (before === after) return <p role="status">{t("studio.versions.same")}</p>;
  return (
    <figure>
      <figcaption>{t("studio.versions.diffOf", { version })}</figcaption>
      <div ref={place} className="difference" dir="ltr" />
    </figure>
  );
}
