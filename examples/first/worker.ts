// A Cloudflare Worker that tracks each call of a model: one tracker per request, delivered after the answer.
import { createTracker } from "tracklet";

interface Env {
  MLFLOW: { fetch(request: Request): Promise<Response> }; // a service binding
  AI: { run(prompt: string): Promise<string> };
}

export default {
  async fetch(request: Request, env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response> {
    const tracker = createTracker({ trackingUri: "https://mlflow.example", fetch: env.MLFLOW, experiment: "answers" });
    const prompt = await request.text();
    const answer = await tracker.withRun({ name: "answer", params: { model: "small" } }, async (run) => {
      const text = await env.AI.run(prompt);
      run.logMetrics({ prompt_length: prompt.length, answer_length: text.length });
      return text;
    });
    ctx.waitUntil(tracker.close());
    return new Response(answer);
  },
};
