// Values of a script: short, and whole on demand.
import type { Action } from "./calls";
import type { StudioLanguage } from "./messages";

const SHORT = 60;

export function Value({ value }: { value: unknown }) {
  const text = JSON.stringify(value) ?? "null";
  if (text.length <= SHORT) return <code dir="ltr">{text}</code>;
  return (
    <details className="value" dir="ltr">
      <summary><code>{`${text.slice(0, SHORT)}…`}</code></summary>
      <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
    </details>
  );
}

export function Changes({ changed, language }: { changed: Record<string, { old: unknown; new: unknown }>; language: StudioLanguage }) {
  const names = Object.keys(changed);
  if (names.length === 0) return null;
  return (
    <table className="variables">
      <caption>{language.t("studio.run.changed")}</caption>
      <tbody>
        {names.map((name) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td><Value value={changed[name]?.old} /></td>
            <td aria-hidden="true">→</td>
            <td><Value value={changed[name]?.new} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Variables({ values, title }: { values: readonly [string, unknown][]; title: string }) {
  if (values.length === 0) return null;
  return (
    <table className="variables">
      <caption>{title}</caption>
      <tbody>
        {values.map(([name, value]) => <tr key={name}><th scope="row">{name}</th><td><Value value={value} /></td></tr>)}
      </tbody>
    </table>
  );
}

interface Result {
  code?: number;
  status?: string;
  detail?: string;
  refusal?: string;
  remedies?: { do: string; script?: string }[];
}

// What was asked for and what came back; a refusal with its cures.
export function Actions({ actions, language }: { actions: readonly Action[]; language: StudioLanguage }) {
  const { t, said, detailed } = language;
  return actions.map((action, i) => {
    const result = (typeof action.result === "object" ? action.result : null) as Result | null;
    const bad = (result?.code ?? 200) >= 400;
    return (
      <div key={`${i} ${action.action}`} className={bad ? "asked bad-answer" : "asked"}>
        <p dir="ltr">
          <code>{action.action}({action.arguments.map((argument) => JSON.stringify(argument)).join(", ")})</code>
          {result?.code !== undefined && <strong className={bad ? "bad" : "good"}> {result.code} {result.status}</strong>}
        </p>
        {bad && <p lang={detailed(result?.detail ?? "") === null ? "en" : undefined}>{detailed(result?.detail ?? "") ?? result?.detail}</p>}
        {bad && (result?.remedies?.length ?? 0) > 0 && (
          <>
            <p>{t("page.remedies")}</p>
            <ul>{result?.remedies?.map((remedy) => <li key={remedy.do}>{said(remedy.do)}{remedy.script && <><br /><code dir="ltr">{remedy.script}</code></>}</li>)}</ul>
          </>
        )}
        {action.error !== undefined && <p className="bad">{action.error}</p>}
      </div>
    );
  });
}
