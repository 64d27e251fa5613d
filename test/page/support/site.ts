import { serve } from "../../../src/cli/http/serve.ts";
import type { PageFiles } from "./bundle-pages.ts";

/** A web site whose pages run the programs of the tests. */
export interface Site {
  /** Its origin, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

const page = (script: string): string =>
  `<!doctype html><title>lab</title><script type="module" src="${script}"></script>`;

/**
 * Serves the program as `/`, that of a pretended next version as `/next`, a page that may keep nothing as `/sandbox`, an
 * empty one as `/empty`, and the files.
 */
export async function startSite(files: PageFiles): Promise<Site> {
  const documents: Record<string, string> = {
    "/": page("/lab.js"),
    "/next": page("/next-lab.js"),
    "/sandbox": page("/lab.js"),
    "/empty": "<!doctype html><title>empty</title>",
  };
  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const html = documents[pathname];
    if (html !== undefined) {
      const sandbox = pathname === "/sandbox" ? { "content-security-policy": "sandbox allow-scripts" } : {};
      return new Response(html, { headers: { "content-type": "text/html; charset=utf-8", ...sandbox } });
    }
    const file = files.get(pathname.slice(1));
    if (!file) return new Response("not here", { status: 404 });
    const type = pathname.endsWith(".js") ? "text/javascript" : "application/wasm";
    // A sandboxed frame has no origin of its own: modules for it are of another origin.
    return new Response(file, { headers: { "content-type": type, "access-control-allow-origin": "*" } });
  };
  const { url, close } = await serve(answer, { host: "127.0.0.1", port: 0, onError: () => {} });
  return { url, close: () => close(0) };
}
