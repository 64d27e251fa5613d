/**
 * Serves the page of a field study, and an embedded MLflow server that keeps its recordings in ./mlflow.db.
 *
 * `npm run -s example:field-study` prints the address to open; `-- --port 8080` chooses the port.
 */
import { servePage } from "../offline-page/serve-page.ts";

await servePage(new URL("./", import.meta.url));
