// A no, in words, with what cures it.
import type { Language } from "./i18n";
import type { Problem } from "./problem";

export function Refusal({ problem, language }: { problem: Problem; language: Language }) {
  const { t, said } = language;
  const detail = language.detailed(problem.detail);
  const remedies = problem.remedies ?? [];
  return (
    <div role="alert" className="refusal">
      <strong>{said(problem.title)}</strong>
      {problem.detail !== "" && <p lang={detail === null ? "en" : undefined}>{detail ?? problem.detail}</p>}
      {remedies.length > 0 && (
        <>
          <p>{t("page.remedies")}</p>
          <ul>{remedies.map((remedy) => <li key={remedy.do}>{said(remedy.do)}</li>)}</ul>
        </>
      )}
    </div>
  );
}
