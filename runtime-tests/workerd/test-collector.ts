/** A function of a test or of a hook. */
export type Body = (context: TestContext) => unknown;

/** What a test gets as its argument. */
export interface TestContext {
  readonly task: { readonly name: string };
  onTestFinished(callback: () => unknown): void;
}

/** One test, with the hooks that stand around it, outermost first. */
export interface CollectedTest {
  readonly name: string;
  readonly body: Body | undefined;
  readonly timeout: number;
  readonly suite: Suite;
}

/** One `describe`, or the file itself. */
export interface Suite {
  readonly name: string;
  readonly parent: Suite | undefined;
  readonly skipped: boolean;
  readonly entries: (CollectedTest | Suite)[];
  readonly beforeAll: Body[];
  readonly afterAll: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
}

const DEFAULT_TIMEOUT = 20_000;

function newSuite(name: string, parent: Suite | undefined, skipped: boolean): Suite {
  return { name, parent, skipped, entries: [], beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] };
}

let current: Suite = newSuite("", undefined, false);

/** Loads one test file and gives what it registered. */
export async function collect(load: () => Promise<unknown>): Promise<Suite> {
  const file = newSuite("", undefined, false);
  current = file;
  await load();
  return file;
}

/** Registers a group. */
export function addSuite(name: string, body: () => unknown, skipped: boolean): void {
  const parent = current;
  const suite = newSuite(name, parent, skipped || parent.skipped);
  parent.entries.push(suite);
  current = suite;
  try {
    const result = body();
    if (result instanceof Promise)
      throw new TypeError(`Cannot collect describe "${name}": an asynchronous body is not supported here`);
  } finally {
    current = parent;
  }
}

/** Registers a test; without a body it counts as skipped. */
export function addTest(name: string, body: Body | undefined, timeout: number | undefined): void {
  const skipped = current.skipped;
  current.entries.push({ name, body: skipped ? undefined : body, timeout: timeout ?? DEFAULT_TIMEOUT, suite: current });
}

/** Registers a hook of the group that is being collected. */
export function addHook(kind: "beforeAll" | "afterAll" | "beforeEach" | "afterEach", body: Body): void {
  current[kind].push(body);
}
