/** MLflow serves what people read as plain text, scripts and JSON included, so that no browser runs it. */
const plain: ReadonlySet<string> = new Set(
  "txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst mlmodel mlproject".split(
    " ",
  ),
);

const types: Readonly<Record<string, string>> = {
  html: "text/html",
  htm: "text/html",
  css: "text/css",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
  bmp: "image/bmp",
  tif: "image/tiff",
  tiff: "image/tiff",
  ico: "image/vnd.microsoft.icon",
  pdf: "application/pdf",
  zip: "application/zip",
  tar: "application/x-tar",
  wasm: "application/wasm",
  mp3: "audio/mpeg",
  wav: "audio/x-wav",
  mp4: "video/mp4",
  webm: "video/webm",
};

/** Content type of an artifact by its name, as MLflow guesses it; `application/octet-stream` where it knows none. */
export function artifactContentType(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (name === "mlmodel" || name === "mlproject") return "text/plain";
  const dot = name.lastIndexOf(".");
  const extension = dot < 0 ? "" : name.slice(dot + 1);
  if (plain.has(extension)) return "text/plain";
  return (Object.hasOwn(types, extension) ? types[extension] : undefined) ?? "application/octet-stream";
}

/** `Content-Disposition: attachment` with the file's name, in the form of RFC 6266 where it is not ASCII. */
export function attachment(name: string): string {
  const ascii = name.normalize("NFKD").replace(/[^\u0020-\u007e]/gu, "");
  const token = /^[\w!#$%&'*+.^`|~-]+$/u.test(ascii);
  const simple = token ? ascii : `"${ascii.replace(/["\\]/gu, "\\$&")}"`;
  if (ascii === name) return `attachment; filename=${simple}`;
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/gu,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename=${simple}; filename*=UTF-8''${encoded}`;
}
