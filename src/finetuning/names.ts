import { ValidationError } from "../errors/usage-errors.ts";

const SEPARATOR = " / ";
const INITIAL = "initial";
const archived = /_archive(_\d+)?$/;

/** Name of the run that holds the initial model. */
export const INITIAL_RUN = "initial_model";

/** A text that becomes a part of an experiment's name: none may look like several parts, or like the initial iteration. */
function checkPart(what: string, text: unknown): string {
  const right =
    typeof text === "string" &&
    text.trim() === text &&
    text !== "" &&
    text !== INITIAL &&
    text.length <= 150 &&
    !`${SEPARATOR}${text}${SEPARATOR}`.slice(1, -1).includes(SEPARATOR) &&
    !archived.test(text) &&
    !/\p{Cc}/u.test(text) &&
    text.isWellFormed();
  if (right) return text;
  throw new ValidationError(
    `Cannot name an iteration as the ${what} must be a text of 1 to 150 characters without spaces at its ends, control characters and "${SEPARATOR}", not "${INITIAL}" and not ending in "_archive": current value is ${JSON.stringify(text)}`,
  );
}

/** The names of one plugin's experiments. */
export class Names {
  readonly plugin: string;
  /** What all of them begin with. */
  readonly prefix: string;
  readonly initial: string;

  constructor(pluginName: string) {
    this.plugin = checkPart("plugin name", pluginName);
    this.prefix = `${pluginName}${SEPARATOR}iteration${SEPARATOR}`;
    this.initial = `${this.prefix}${INITIAL}`;
  }

  iteration(startRunId: string, batchId: string): string {
    return `${this.prefix}${checkPart("start run id", startRunId)}${SEPARATOR}${checkPart("batch id", batchId)}`;
  }

  /** What the names of all iterations from one run begin with. */
  startingFrom(startRunId: string): string {
    return `${this.prefix}${startRunId}${SEPARATOR}`;
  }

  /** True for every experiment of the plugin, the initial one too, but not for what is archived. */
  owns(name: string): boolean {
    return name.startsWith(this.prefix) && !archived.test(name);
  }

  /** True for an iteration that tunes. */
  isIteration(name: string): boolean {
    return this.owns(name) && name !== this.initial;
  }

  /** The n-th name that an archived experiment may have. */
  archive(name: string, n: number): string {
    return n === 1 ? `${name}_archive` : `${name}_archive_${n}`;
  }

  isArchived(name: string): boolean {
    return name.startsWith(this.prefix) && archived.test(name);
  }

  /** What it was called before. */
  unarchived(name: string): string {
    return name.replace(archived, "");
  }

  /**
   * A condition for the server; LIKE takes "_" and "%" for any, so what it finds is looked at again. Quotes end a text, and
   * a backslash means something else in each database.
   */
  filter(): string {
    return `name LIKE '${this.prefix.replace(/['"\\]/g, "_")}%'`;
  }
}
