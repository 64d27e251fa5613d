/** What answers MLflow's requests: `fetch`, or the embedded server in process. */
export type Handler = (request: Request) => Promise<Response>;

/** Posts a body to an MLflow route, by whichever handler answers, and reads its answer. @throws when that is an error */
export async function post(handler: Handler, base: string, route: string, body: string): Promise<string> {
  const response = await handler(
    new Request(`${base}/api/2.0/mlflow/${route}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    }),
  );
  const text = await response.text();
  if (!response.ok) throw new Error(`${route} answered ${response.status}: ${text.slice(0, 200)}`);
  return text;
}
