// Choices, cards and pictures of a message.
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
      {rich.images.map(({ url, alt }, i) => <img key={`${i} ${url}`} className="picture" src={url} alt={alt || t("chat.picture")} loading="lazy" referrerPolicy="no-referrer" />)}
      {rich.cards.length > 0 && (
        <ul className="cards" tabIndex={0} aria-label={t("chat.cards")}>
          {rich.cards.map((card, i) => <li key={`${i} ${card.title}`}><CardView card={card} onChoose={onChoose} /></li>)}
        </ul>
      )}
      <Choices choices={rich.choices} onChoose={onChoose} />
    </>
  );
}

function CardView({ card, onChoose }: { card: Card; onChoose: Props["onChoose"] }) {
  return (
    <div className="card">
      {card.image !== "" && <img src={card.image} alt="" loading="lazy" referrerPolicy="no-referrer" />}
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
