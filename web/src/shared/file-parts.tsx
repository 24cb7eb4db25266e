// Files of a message, files on their way, and the button that chooses them.
import { type ChangeEvent, useEffect, useRef, useState } from "react";
import { type FetchFile, type FilesTaken, isDrawn, type SentFile, sizeText, type Upload } from "./files";
import type { Language } from "./i18n";
import { wordsOf } from "./problem";
import { save, saveBytes } from "./save";

export function FileParts({ files, fetchFile, language }: { files: readonly SentFile[]; fetchFile: FetchFile; language: Language }) {
  return files.map((file) => isDrawn(file)
    ? <Picture key={file.id} file={file} fetchFile={fetchFile} language={language} />
    : <Download key={file.id} file={file} fetchFile={fetchFile} language={language} />);
}

// Pictures carry no secret in their address: they are fetched like everything else.
function Picture({ file, fetchFile, language }: { file: SentFile; fetchFile: FetchFile; language: Language }) {
  const [src, setSrc] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let url: string | null = null;
    let gone = false;
    fetchFile(file.url).then((blob) => {
      if (gone) return;
      url = URL.createObjectURL(new Blob([blob], { type: file.type }));
      setSrc(url);
    }, () => setFailed(true));
    return () => {
      gone = true;
      if (url !== null) URL.revokeObjectURL(url);
    };
  }, [file.url, file.type, fetchFile]);
  if (failed || src === null) return <Download file={file} fetchFile={fetchFile} language={language} />;
  return <button type="button" className="shot" onClick={() => save(src, file.name)} title={file.name}><img className="picture" src={src} alt={file.name} onError={() => setFailed(true)} /></button>;
}

function Download({ file, fetchFile, language }: { file: SentFile; fetchFile: FetchFile; language: Language }) {
  const { t } = language;
  const [said, setSaid] = useState("");
  const size = sizeText(file.size, language.code);
  const get = (): void => {
    setSaid("");
    fetchFile(file.url).then((blob) => saveBytes(blob, "application/octet-stream", file.name), (error: unknown) => setSaid(wordsOf(error, language)));
  };
  return (
    <div className="file">
      <button type="button" onClick={get} aria-label={t("file.save", { name: `${file.name} ${size}` })}>
        <span aria-hidden="true">⤓</span> <bdi title={file.name}>{file.name}</bdi> <small>{size}</small>
      </button>
      {said !== "" && <p role="alert">{said}</p>}
    </div>
  );
}

interface UploadsProps {
  uploads: readonly Upload[];
  language: Language;
  onDrop: (id: string) => void;
  onAgain: (id: string) => void;
}

export function UploadList({ uploads, language, onDrop, onAgain }: UploadsProps) {
  const { t } = language;
  if (uploads.length === 0) return null;
  return (
    <ul className="uploads" aria-label={t("file.uploads")}>
      {uploads.map((upload) => (
        <li key={upload.id}>
          <bdi title={upload.file.name}>{upload.file.name}</bdi>
          {upload.refused === null
            ? <progress value={upload.share} max={1} aria-label={t("file.sending", { name: upload.file.name })} />
            : <><p role="alert">{typeof upload.refused === "string" ? upload.refused : wordsOf(upload.refused, language)}</p>{upload.again && <button type="button" className="second" onClick={() => onAgain(upload.id)}>{t("file.again")}</button>}</>}
          <button type="button" className="second" aria-label={t("file.drop", { name: upload.file.name })} onClick={() => onDrop(upload.id)}>✕</button>
        </li>
      ))}
    </ul>
  );
}

// What is too large is not even tried; what it is, the server looks at.
export function tooLarge(file: File, taken: FilesTaken, { t, code }: Language): string | null {
  if (file.size <= taken.maxBytes) return null;
  const [size, max] = [sizeText(file.size, code), sizeText(taken.maxBytes, code)];
  const exact = size === max; // nearly as much
  return t("file.tooLarge", { name: file.name, size: exact ? file.size : size, max: exact ? taken.maxBytes : max });
}

export function AttachButton({ taken, language, onFiles }: { taken: FilesTaken; language: Language; onFiles: (files: File[]) => void }) {
  const { t } = language;
  const field = useRef<HTMLInputElement>(null);
  const choose = (event: ChangeEvent<HTMLInputElement>): void => {
    onFiles([...(event.target.files ?? [])]);
    event.target.value = "";
  };
  return (
    <>
      <input ref={field} type="file" multiple hidden accept={taken.types.replaceAll(" ", ",")} onChange={choose} />
      <button type="button" className="attach" onClick={() => field.current?.click()} aria-label={t("file.attach")} title={t("file.attach")}>
        <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
          <path fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" d="M8 12.5l6-6a3 3 0 0 1 4.2 4.2l-8 8a5 5 0 0 1-7-7l8-8" />
        </svg>
      </button>
    </>
  );
}
