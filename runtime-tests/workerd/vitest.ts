/**
 * What the tests use of vitest, for a runtime in which vitest itself does not run: registration and hooks are ours,
 * `expect` and `vi.fn` are vitest's own.
 */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  addCustomEqualityTesters,
  chai,
  customMatchers,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect";
import { clearAllMocks, fn, isMockFunction, resetAllMocks, restoreAllMocks, spyOn } from "@vitest/spy";
import { addHook, addSuite, addTest, type Body } from "./test-collector.ts";
import { casesOf, titleOf } from "./test-title.ts";

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

interface Expect {
  (value: unknown, message?: string): unknown;
  extend(matchers: object): void;
}

const bare = (value: unknown, message?: string): unknown => chai.expect(value, message);

/** vitest's `expect`. The tests are type-checked against vitest itself, so a loose type is enough here. */
export const expect: Expect = Object.assign(
  bare,
  chai.expect,
  (globalThis as unknown as Record<symbol, object>)[ASYMMETRIC_MATCHERS_OBJECT],
  {
    getState: () => getState(bare as never),
    setState: (state: object) => setState(state, bare as never),
    extend: (matchers: object) =>
      (chai.expect as unknown as { extend(to: unknown, what: object): void }).extend(bare, matchers),
    addEqualityTesters: (testers: never) => addCustomEqualityTesters(testers),
  },
);
setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null }, bare as never);
expect.extend(customMatchers);

/** Mock functions; fake timers are not here, because time comes from the Clock port. */
export const vi: Readonly<Record<string, unknown>> = {
  fn,
  spyOn,
  isMockFunction,
  clearAllMocks,
  resetAllMocks,
  restoreAllMocks,
};

type Options = number | { readonly timeout?: number; readonly skip?: boolean };
type Cases = readonly unknown[];
type AnyBody = (...args: never[]) => unknown;
type AddTest = (name: unknown, a?: Body | Options, b?: Body | Options) => void;
type AddSuite = (name: unknown, body: () => unknown) => void;

interface TestApi extends AddTest {
  each(cases: Cases): (name: string, a?: AnyBody | Options, b?: AnyBody | Options) => void;
  readonly skip: AddTest;
  readonly todo: AddTest;
  skipIf(condition: unknown): AddTest;
  runIf(condition: unknown): AddTest;
}

interface DescribeApi extends AddSuite {
  each(cases: Cases): (name: string, body: AnyBody) => void;
  readonly skip: AddSuite;
  skipIf(condition: unknown): AddSuite;
  runIf(condition: unknown): AddSuite;
}

function readArguments(
  a: Body | Options | undefined,
  b: Body | Options | undefined,
): { body: Body | undefined; options: Options | undefined } {
  return typeof a === "function"
    ? { body: a, options: b as Options | undefined }
    : { body: b as Body | undefined, options: a };
}

function register(name: unknown, a?: Body | Options, b?: Body | Options, skipped = false): void {
  const { body, options } = readArguments(a, b);
  const timeout = typeof options === "number" ? options : options?.timeout;
  const skip = skipped || (typeof options === "object" && options.skip === true);
  addTest(String(name), skip ? undefined : body, timeout);
}

const addOne: AddTest = (name, a, b) => register(name, a, b);
const skipOne: AddTest = (name, a, b) => register(name, a, b, true);
const addGroup: AddSuite = (name, body) => addSuite(typeof name === "function" ? name.name : String(name), body, false);
const skipGroup: AddSuite = (name, body) => addSuite(String(name), body, true);

/** Registers a test. */
export const test: TestApi = Object.assign(addOne.bind(undefined), {
  each: (cases: Cases) => (name: string, a?: AnyBody | Options, b?: AnyBody | Options) =>
    casesOf(cases).forEach(({ items, args }, index) => {
      const { body, options } = readArguments(a as Body, b as Body);
      const bound: Body | undefined = body && (() => (body as (...all: unknown[]) => unknown)(...args));
      register(titleOf(name, items, index), bound, options);
    }),
  skip: skipOne,
  todo: ((name) => register(name)) as AddTest,
  skipIf: (condition: unknown) => (condition ? skipOne : addOne),
  runIf: (condition: unknown) => (condition ? addOne : skipOne),
});

/** The same as `test`. */
export const it: TestApi = test;

/** Registers a group. */
export const describe: DescribeApi = Object.assign(addGroup.bind(undefined), {
  each: (cases: Cases) => (name: string, body: AnyBody) =>
    casesOf(cases).forEach(({ items, args }, index) => {
      addSuite(titleOf(name, items, index), () => (body as (...all: unknown[]) => unknown)(...args), false);
    }),
  skip: skipGroup,
  skipIf: (condition: unknown) => (condition ? skipGroup : addGroup),
  runIf: (condition: unknown) => (condition ? addGroup : skipGroup),
});

/** Runs before every test of the group. */
export const beforeEach = (body: Body): void => addHook("beforeEach", body);
/** Runs after every test of the group. */
export const afterEach = (body: Body): void => addHook("afterEach", body);
/** Runs before the first test of the group. */
export const beforeAll = (body: Body): void => addHook("beforeAll", body);
/** Runs after the last test of the group. */
export const afterAll = (body: Body): void => addHook("afterAll", body);
