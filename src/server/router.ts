import type { Method, PathParams, Route } from "./route.ts";

/** What a path and method lead to. */
export type Match =
  | { readonly route: Route; readonly params: PathParams }
  /** The path exists, with these methods. */
  | { readonly allowed: readonly string[] }
  | undefined;

type ByMethod = Map<string, Route>;
interface Pattern {
  readonly expression: RegExp;
  readonly names: readonly string[];
  readonly methods: ByMethod;
}

const none: PathParams = {};

/** Exact paths by one look into a map; the few with parameters in order, by pattern. */
export class Router {
  readonly #exact = new Map<string, ByMethod>();
  readonly #patterns = new Map<string, Pattern>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      this.#add(route.path, route);
      if (route.path.startsWith("/api/")) this.#add(`/ajax-api/${route.path.slice(5)}`, route);
    }
  }

  find(method: string, path: string): Match {
    const exact = this.#exact.get(path);
    if (exact !== undefined) return choose(exact, method, none);
    for (const { expression, names, methods } of this.#patterns.values()) {
      const found = expression.exec(path);
      if (found === null) continue;
      const params: Record<string, string> = {};
      names.forEach((name, index) => {
        params[name] = decode(found[index + 1]!);
      });
      return choose(methods, method, params);
    }
    return undefined;
  }

  #add(path: string, route: Route): void {
    let methods = path.includes("{") ? this.#patterns.get(path)?.methods : this.#exact.get(path);
    if (methods === undefined) {
      methods = new Map<Method, Route>();
      if (path.includes("{")) this.#patterns.set(path, compile(path, methods));
      else this.#exact.set(path, methods);
    }
    methods.set(route.method, route);
  }
}

function choose(methods: ByMethod, method: string, params: PathParams): Match {
  const route = methods.get(method) ?? (method === "HEAD" ? methods.get("GET") : undefined);
  if (route !== undefined) return { route, params };
  const allowed = [...methods.keys(), "OPTIONS"];
  if (methods.has("GET") && !methods.has("HEAD")) allowed.push("HEAD");
  return { allowed: allowed.sort() };
}

function compile(path: string, methods: ByMethod): Pattern {
  const names: string[] = [];
  const source = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)(\\\.\\\.\\\.)?\}/g, (_, name, rest) => {
    names.push(name);
    return rest === undefined ? "([^/]+)" : "(.+)";
  });
  return { expression: new RegExp(`^${source}$`, "s"), names, methods };
}

/** A path that is not valid percent-encoding is taken as it stands. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
