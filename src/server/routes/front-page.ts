import { html } from "../../internal/html.ts";
import { version } from "../../internal/version.ts";
import { textReply } from "../reply.ts";
import type { RawRoute } from "../route.ts";

const style =
  ":root{color-scheme:light dark}body{margin:15vh auto 0;max-width:38em;padding:0 24px;font:16px/1.6 system-ui,sans-serif}h1{font-size:22px}";

/** What a person finds who opens the address, or a link into MLflow's pages, in a browser. */
export const frontPage: RawRoute = {
  method: "GET",
  path: "/",
  raw({ compat }) {
    const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tracklet server</title>
<style>${style}</style>
</head>
<body>
<h1>tracklet server</h1>
<p>An MLflow tracking server for programs: tracklet ${version}, which answers as MLflow ${compat.version}. It has no pages of its own yet.</p>
<p>MLflow's pages come with MLflow, on the same database:</p>
<pre><code>mlflow server --backend-store-uri sqlite:///mlflow.db --port 5001</code></pre>
<p>Runs and experiments have the same addresses there: put its port into this one.</p>
</body>
</html>
`;
    const reply = textReply(page.text, 200, "text/html; charset=utf-8");
    reply.headers.set("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
    return reply;
  },
};
