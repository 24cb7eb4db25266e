// What a message says: its words, files, choices, cards and pictures.
import { useMemo } from "react";
import { FileParts } from "./file-parts";
import { type FetchFile, readFiles, wordsBeside } from "./files";
import type { Language } from "./i18n";
import { isKept } from "./message";
import { readRich } from "./rich";
import { RichParts } from "./rich-parts";

interface Props {
  text: string;
  data: unknown;
  isCustomers: boolean; // whose data is no offer of choices
  fetchFile: FetchFile;
  language: Language;
  onChoose?: ((choice: { label: string; payload: string }) => void) | undefined;
}

export function Spoken({ text, data, isCustomers, fetchFile, language, onChoose }: Props) {
  const rich = useMemo(() => readRich(isCustomers ? undefined : data), [isCustomers, data]);
  const files = useMemo(() => readFiles(data), [data]);
  const words = wordsBeside(text || rich.text, files);
  return (
    <>
      {isKept(words) ? words !== "" && <p dir="auto">{words}</p> : <p><em>{language.t("page.notKept")}</em></p>}
      <FileParts files={files} fetchFile={fetchFile} language={language} />
      <RichParts rich={rich} language={language} onChoose={onChoose} />
    </>
  );
}
