import { expect, test } from "vitest";
import { brokenLinks } from "../../scripts/lib/broken-links.ts";
import { temporaryFiles } from "./temporary-files.ts";

test("brokenLinks() names the line of a relative link that leads nowhere, and no other", () => {
  const base = temporaryFiles({
    "README.md": "[a](docs/a.md) [web](https://example.com) [here](#x)\n\n[gone](docs/gone.md#part)\n",
    "docs/a.md": "[up](../README.md) ![picture](missing.png)\n",
  });
  expect(brokenLinks(base, ["README.md", "docs/a.md"])).toEqual([
    { file: "README.md", line: 3, message: 'the link leads nowhere: "docs/gone.md"' },
    { file: "docs/a.md", line: 1, message: 'the link leads nowhere: "missing.png"' },
  ]);
});
