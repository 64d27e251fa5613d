import { lineChart } from "tracklet/charts";

/** What became of one iteration. */
export interface Row {
  readonly iteration: string;
  readonly trained: number;
  readonly skipped: number;
  /** Of its best model, on the validation set. */
  readonly loss: number;
  readonly accuracy: number;
  readonly result: string;
}

/** A model's figures on penguins that neither training nor any choice has seen. */
export interface HeldOut {
  readonly model: string;
  readonly loss: number;
  readonly accuracy: number;
}

/** A page of its own: the quality over the iterations, and what the held-out penguins say at the end. */
export function report(rows: readonly Row[], heldOut: readonly HeldOut[]): string {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const iterations = rows.map(
    ({ iteration, trained, skipped, loss, accuracy, result }) =>
      `<tr><td>${iteration}<td>${trained}<td>${skipped}<td>${loss.toFixed(6)}<td>${percent(accuracy)}<td>${result}`,
  );
  const final = heldOut.map(
    ({ model, loss, accuracy }) => `<tr><td>${model}<td>${loss.toFixed(6)}<td>${percent(accuracy)}`,
  );
  const chart = lineChart({
    title: "quality over iterations: validation loss of the best model of each",
    x: { label: "iteration" },
    y: { scale: "log" },
    series: [{ name: "val_loss", y: rows.map(({ loss }) => loss) }],
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Fine-tuning</title>
<style>body { font: 16px system-ui; margin: 2rem } td, th { text-align: left; padding: 0 1rem 0 0 }</style>
<h1>Fine-tuning of a classifier of penguins</h1>${chart}
<table><tr><th>iteration<th>trained<th>skipped<th>loss<th>accuracy<th>result${iterations.join("\n")}</table>
<h2>On held-out penguins</h2>
<table><tr><th>model<th>loss<th>accuracy${final.join("\n")}</table></html>`;
}
