/**
 * Serves the page, and an embedded MLflow server that keeps its runs in ./mlflow.db.
 *
 * `npm run -s example:offline-page` prints the address to open; `-- --port 8080` chooses the port.
 */
import { servePage } from "./serve-page.ts";

await servePage(new URL("./", import.meta.url));
