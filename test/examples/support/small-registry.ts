import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A package that an installer may ask for. */
export interface Packed {
  readonly manifest: { readonly name: string; readonly version: string; readonly [field: string]: unknown };
  readonly tarball: Uint8Array;
}

/** Gives packages to npm, Deno and Bun, each in its one version. */
export async function smallRegistry(packages: readonly Packed[]): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", url).pathname);
    const found = packages.find(({ manifest }) => path === `/${manifest.name}` || path === tarballPath(manifest));
    if (found === undefined) {
      response.writeHead(404).end("{}");
    } else if (path.endsWith(".tgz")) {
      response.end(found.tarball);
    } else {
      const { manifest, tarball } = found;
      const { name, version } = manifest;
      const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
      const dist = { tarball: url + tarballPath(manifest), integrity };
      response.setHeader("content-type", "application/json");
      const versions = { [version]: { ...manifest, dist } };
      response.end(JSON.stringify({ name, "dist-tags": { latest: version }, versions }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Where Bun looks for it, whatever else it is told. */
function tarballPath({ name, version }: Packed["manifest"]): string {
  return `/${name}/-/${name}-${version}.tgz`;
}
