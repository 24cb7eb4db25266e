// The few lines of Markdown in which the server says what a name is.
export function showWords(text: string): HTMLElement {
  const box = document.createElement("div");
  box.className = "cm-words";
  text.split(/```(?:studio)?\n?/).forEach((part, i) => {
    if (part.trim() === "") return;
    const element = document.createElement(i % 2 === 1 ? "pre" : "p");
    if (i % 2 === 1) element.textContent = part.trim();
    else part.trim().split(/(\*\*[^*]+\*\*|`[^`]+`)/).forEach((piece) => element.append(styled(piece)));
    box.append(element);
  });
  return box;
}

function styled(piece: string): Node {
  const bold = piece.startsWith("**");
  if (!bold && !piece.startsWith("`")) return document.createTextNode(piece);
  const element = document.createElement(bold ? "strong" : "code");
  element.textContent = piece.replace(/^(\*\*|`)|(\*\*|`)$/g, "");
  return element;
}
