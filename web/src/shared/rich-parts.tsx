// Choices, cards and pictures of a message.
import { useState } from "react";
import type { Language } from "./i18n";
import type { Card, Choice, Rich } from "./rich";

interface Props {
  rich: Rich;
  language: Language;
  // Without it the choices are somebody else's, and only shown.
  onChoose?: ((choice: { label: string; payload: string }) => void) | undefined;
}

export function RichParts({ rich, language, onChoose }: Props) {
  const { t } = language;
  return (
    <>
      {rich.images.map(({ url, alt }, i) => <Outside key={`${i} ${url}`} url={url} alt={alt || t("chat.picture")} name={alt} className="picture" language={language} />)}
      {rich.cards.length > 0 && (
        <ul className="cards" tabIndex={0} aria-label={t("chat.cards")}>
          {rich.cards.map((card, i) => <li key={`${i} ${card.title}`}><CardView card={card} language={language} onChoose={onChoose} /></li>)}
        </ul>
      )}
      <Choices choices={rich.choices} onChoose={onChoose} />
    </>
  );
}

interface OutsideProps {
  url: string;
  alt: string;
  name: string; // where it cannot be shown; empty: its host
  className?: string;
  language: Language;
}

// A picture of somebody else's server. Pages take none over http:, and it may not be
// there: then it is a link, which says so.
function Outside({ url, alt, name, className, language: { t } }: OutsideProps) {
  const [failed, setFailed] = useState(false);
  if (!failed) return <img className={className} src={url} alt={alt} loading="lazy" referrerPolicy="no-referrer" onError={() => setFailed(true)} />;
  const words = t(/^http:/i.test(url) ? "chat.picture.unsafe" : "chat.picture.lost", { name: name || hostOf(url) });
  return <p className="unseen"><a href={url} target="_blank" rel="noopener noreferrer">{words}</a></p>;
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);

function CardView({ card, language, onChoose }: { card: Card; language: Language; onChoose: Props["onChoose"] }) {
  return (
    <div className="card">
      {card.image !== "" && <Outside url={card.image} alt="" name={card.title} language={language} />}
      {card.title !== "" && <strong dir="auto">{card.title}</strong>}
      {card.text !== "" && <span dir="auto">{card.text}</span>}
      <Choices choices={card.choices} onChoose={onChoose} />
    </div>
  );
}

function Choices({ choices, onChoose }: { choices: readonly Choice[]; onChoose: Props["onChoose"] }) {
  if (choices.length === 0) return null;
  return (
    <div className="choices">
      {choices.map((choice, i) => "url" in choice
        ? <a key={`${i} ${choice.url}`} href={choice.url} target="_blank" rel="noopener noreferrer" dir="auto">{choice.label}</a>
        : <button key={`${i} ${choice.label}`} type="button" disabled={onChoose === undefined} onClick={() => onChoose?.(choice)} dir="auto">{choice.label}</button>)}
    </div>
  );
}
