/** The words of an answer. */
export interface ReplyWords {
  /** MLflow's `error_code`. */
  readonly errorCode: string | undefined;
  /** At most 500 characters, tags removed. */
  readonly message: string;
  readonly form: "json" | "html" | "text";
}

const most = 500;

/**
 * Finds what a server wanted to say in the body of an answer: MLflow's JSON, FastAPI's `{"detail"}`, HTML or text.
 */
export function readReplyWords(text: string): ReplyWords {
  const json = parseObject(text);
  if (json !== undefined) {
    const { error_code: code, message, detail, error } = json;
    const words = [message, detail, error].find((value) => value !== undefined && value !== "");
    return {
      errorCode: typeof code === "string" ? code : undefined,
      message: short(typeof words === "string" ? words : words === undefined ? "" : JSON.stringify(words)),
      form: "json",
    };
  }
  if (/<(!doctype|html|head|body)\b/i.test(text)) {
    const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1]?.trim();
    return { errorCode: undefined, message: short(title || stripTags(text)), form: "html" };
  }
  return { errorCode: undefined, message: short(text), form: "text" };
}

/** The object that `text` is the JSON of; undefined for anything else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function stripTags(html: string): string {
  return html.slice(0, 20_000).replace(/<(script|style)\b[\s\S]*?<\/\1>|<[^>]*>/gi, " ");
}

function short(text: string): string {
  const line = text
    .slice(0, 4 * most)
    .replace(/\s+/g, " ")
    .trim();
  return line.length > most ? `${line.slice(0, most - 1).toWellFormed()}…` : line;
}
