// Something that the reader keeps as a file.
const KEPT_MS = 10_000; // until the browser has surely taken it

export function save(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

export function saveBytes(bytes: BlobPart, type: string, name: string): void {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  save(url, name);
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
