// A no, in words, with what cures it.
import type { Language } from "./i18n";
import type { Problem } from "./problem";

export function Refusal({ problem, language }: { problem: Problem; language: Language }) {
  const remedies = problem.remedies ?? [];
  return (
    <div role="alert" className="refusal">
      <strong>{problem.title}</strong>
      <p>{problem.detail}</p>
      {remedies.length > 0 && (
        <>
          <p>{language.t("page.remedies")}</p>
          <ul>{remedies.map((remedy) => <li key={remedy.do}>{remedy.do}</li>)}</ul>
        </>
      )}
    </div>
  );
}
