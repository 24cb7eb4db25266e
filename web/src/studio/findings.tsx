// What the checker says, each with its line and its cure.
import type { Checked, Finding } from "./calls";
import { findingIn, sentenceIn, type StudioLanguage } from "./messages";

interface Props {
  checked: Checked | null;
  language: StudioLanguage;
  onGo: (line: number) => void;
  onApply: (finding: Finding) => void;
}

export function Findings({ checked, language, onGo, onApply }: Props) {
  const { t } = language;
  const findings = checked?.findings ?? [];
  const count = (severity: string): number => findings.filter((finding) => finding.severity === severity).length;
  const parts = [
    count("error") > 0 ? t("studio.findings.error", { count: count("error") }) : "",
    count("warning") > 0 ? t("studio.findings.warning", { count: count("warning") }) : "",
  ].filter((part) => part !== "");
  const sum = checked === null ? t("studio.findings.wait") : parts.length > 0 ? parts.join(", ") : t("studio.findings.none");
  return (
    <section className="findings" aria-label={t("studio.findings")} tabIndex={0}>
      <p className="faint" role="status">{sum}</p>
      <ul>
        {findings.map((finding) => (
          <li key={`${finding.line}:${finding.column}:${finding.code}`} className={finding.severity}>
            <button type="button" className="place" onClick={() => onGo(finding.line)}>{t("studio.findings.line", { line: finding.line })}</button>
            <div>
              <Words finding={finding} language={language} />
              {finding.hint && <Hint text={finding.hint} language={language} />}
              {finding.edit && (
                <p className="cure">
                  <code dir="ltr">{finding.edit}</code>
                  <button type="button" className="second" onClick={() => onApply(finding)}>{t("studio.apply")}</button>
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

// In the reader's language; what is known in English only stands below what it is.
function Words({ finding, language }: { finding: Finding; language: StudioLanguage }) {
  const severity = <strong>{language.t(`studio.severity.${finding.severity}`)}:</strong>;
  const own = sentenceIn(finding.message, language);
  const kind = findingIn(finding.code, language);
  if (own !== null) return <p>{severity} {own}</p>;
  if (kind === null) return <p>{severity} <span lang="en">{finding.message}</span></p>;
  return <><p>{severity} {kind}</p><p lang="en">{finding.message}</p></>;
}

function Hint({ text, language }: { text: string; language: StudioLanguage }) {
  const own = sentenceIn(text, language);
  return <p className="faint" lang={own === null ? "en" : undefined}>{own ?? text}</p>;
}
