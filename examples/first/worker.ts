// A Cloudflare Worker that tracks each call of a model. What its requests cannot deliver in time, a Durable Object does.
import { type ObjectNamespace, openTracker } from "tracklet/workers";

export { TrackletQueue } from "tracklet/workers";

interface Env {
  MLFLOW: { fetch(request: Request): Promise<Response> }; // a service binding
  TRACKLET_QUEUE: ObjectNamespace; // the class above
  AI: { run(prompt: string): Promise<string> };
}

export default {
  async fetch(request: Request, env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response> {
    const tracker = openTracker({ env, queue: env.TRACKLET_QUEUE, experiment: "answers" }, ctx);
    const prompt = await request.text();
    const answer = await tracker.withRun({ name: "answer", params: { model: "small" } }, async (run) => {
      const text = await env.AI.run(prompt);
      run.logMetrics({ prompt_length: prompt.length, answer_length: text.length });
      return text;
    });
    return new Response(answer);
  },
};
