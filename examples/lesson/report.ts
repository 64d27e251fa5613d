import type { MetricPoint, RunTable, Tracker } from "tracklet";
import { type LineSeries, lineChart, parallelChart, scatterChart } from "tracklet/charts";
import { features, type Penguin, species } from "./data.ts";

export interface ReportFacts {
  readonly penguins: readonly Penguin[];
  /** Runs of the sweep, the best one first. */
  readonly runs: RunTable;
  readonly delivery: string;
  readonly store: string;
}

/** A page of its own: no script, nothing loaded, light and dark. All of it is read from the store. */
export async function createReport(tracker: Tracker, facts: ReportFacts): Promise<string> {
  const { runs, penguins } = facts;
  const title = `lesson: ${penguins.length} penguins`;
  const best = runs.rows[0];
  if (best === undefined) throw new Error("Cannot report on a sweep without runs");
  const curves = async (metric: string): Promise<LineSeries[]> =>
    Promise.all(
      runs.rows.map(async ({ run_id, name }) => {
        const points = ordered(await tracker.getMetricHistory(run_id, metric));
        const [x, y] = [points.map(({ step }) => step), points.map(({ value }) => value)];
        return { name, x, y, highlight: run_id === best.run_id };
      }),
    );
  const chart = async (metric: string, title: string, scale: "linear" | "log"): Promise<string> =>
    lineChart({ title, width: 540, height: 330, x: { label: "epoch" }, y: { scale }, series: await curves(metric) });
  const charts = [
    await chart("val_loss", "validation loss", "log"),
    await chart("loss", "training loss", "log"),
    await chart("val_acc", "validation accuracy", "linear"),
    await chart("lr", "learning rate", "log"),
  ];
  const confusion: Confusion = await (await tracker.openArtifact(best.run_id, "confusion-matrix.json")).json();
  const shown = runs.select(
    "name",
    "params.optimizer.lr",
    "params.optimizer.momentum",
    "params.model.units",
    "params.schedule",
    "metrics.summary.epochs",
    "metrics.summary.val_loss",
    "metrics.summary.val_acc",
  );
  const figure = (name: string, value: string): string =>
    `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>Which penguin is it? A small network learns it from four measures of ${penguins.length} birds, ${runs.length} times with different settings.</p>
</header>
<dl class="figures">
${figure("best run", best.name)}
${figure("validation loss", (best["metrics.summary.val_loss"] ?? Number.NaN).toFixed(4))}
${figure("validation accuracy", `${((best["metrics.summary.val_acc"] ?? Number.NaN) * 100).toFixed(1)} %`)}
${figure("runs", String(runs.length))}
</dl>
<section><h2>Runs</h2><div class="panel scroll best-first">${shown.toHTML()}</div></section>
<section><h2>Settings and what came of them</h2><div class="wide">${sweepChart(runs)}</div></section>
<section><h2>Training</h2><div class="pair">${charts.join("\n")}</div></section>
<section class="pair">
<div><h2>Where the best run errs</h2>${confusionTable(confusion)}</div>
<div><h2>The birds</h2>${birds(penguins)}</div>
</section>
<footer>${escaped(facts.delivery)}<br>tracked to ${escaped(facts.store)}</footer>
</body>
</html>
`;
}

function ordered(points: readonly MetricPoint[]): MetricPoint[] {
  return points.toSorted((a, b) => a.step - b.step);
}

function sweepChart(runs: RunTable): string {
  return parallelChart({
    description: "Settings of each run, with its epochs, accuracy and loss; the best run is drawn strong",
    width: 1080,
    height: 340,
    axes: [
      { name: "lr", scale: "log" },
      { name: "momentum" },
      { name: "units", scale: "log" },
      { name: "schedule" },
      { name: "epochs" },
      { name: "val_acc" },
      { name: "val_loss", scale: "log" },
    ],
    lines: runs.rows.map((row, index) => ({
      name: row.name,
      values: [
        row["params.optimizer.lr"],
        row["params.optimizer.momentum"],
        row["params.model.units"],
        row["params.schedule"],
        row["metrics.summary.epochs"],
        row["metrics.summary.val_acc"],
        row["metrics.summary.val_loss"],
      ],
      highlight: index === 0,
    })),
  });
}

function birds(penguins: readonly Penguin[]): string {
  return scatterChart({
    width: 540,
    height: 356,
    description: "Beak length over flipper length of all birds, by species",
    x: { label: features[2] },
    y: { label: features[0] },
    series: species.map((name, label) => {
      const own = penguins.filter((penguin) => penguin.label === label);
      return { name, x: own.map(({ measures }) => measures[2] ?? 0), y: own.map(({ measures }) => measures[0] ?? 0) };
    }),
  });
}

interface Confusion {
  readonly labels: readonly string[];
  /** A row per true species, a column per predicted one. */
  readonly counts: readonly (readonly number[])[];
}

function confusionTable({ labels, counts }: Confusion): string {
  const head = labels.map((label) => `<th scope="col">${escaped(label)}</th>`).join("");
  const rows = counts.map((row, index) => {
    const total = row.reduce((sum, count) => sum + count, 0) || 1;
    const cells = row.map((count, column) => {
      const kind = column === index ? "right" : "wrong";
      const strength = count === 0 ? 0 : Math.round(15 + (70 * count) / total);
      return `<td class="${kind}" style="--strength:${strength}%">${count}</td>`;
    });
    return `<tr><th scope="row">${escaped(labels[index] ?? "")}</th>${cells.join("")}</tr>`;
  });
  return `<div class="panel"><table class="confusion"><caption>validation rows: true species down, predicted across</caption><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const style = `
:root{color-scheme:light dark;--ground:#f3f5f8;--panel:#fff;--ink:#1f2630;--quiet:#5b6675;--line:#e4e8ee;--good:#2f9e5b;--bad:#d64545;--edge:#1f263066}
@media(prefers-color-scheme:dark){:root{--ground:#0c0f14;--panel:#14181f;--ink:#e6eaf0;--quiet:#98a3b3;--line:#2a313c;--edge:#000c}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1128px;padding:32px 24px 48px;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1{font-size:26px;margin:0 0 4px}
h2{font-size:16px;margin:32px 0 12px}
header p,footer,caption,dt{color:var(--quiet)}
header p{margin:0 0 24px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(180px,1fr));gap:12px;margin:0}
.figures div,.panel{background:var(--panel);border-radius:8px;padding:16px}
dt{font-size:13px}
dd{margin:2px 0 0;font-size:22px;font-weight:600}
.scroll{padding:8px}
.scroll,.wide{overflow-x:auto;scrollbar-width:thin;background:linear-gradient(90deg,var(--panel) 30%,transparent) 0 0/48px 100%,linear-gradient(270deg,var(--panel) 30%,transparent) 100% 0/48px 100%,linear-gradient(90deg,var(--edge),transparent) 0 0/16px 100%,linear-gradient(270deg,var(--edge),transparent) 100% 0/16px 100%,var(--panel);background-repeat:no-repeat;background-attachment:local,local,scroll,scroll,local}
.scroll table{width:100%;font-size:13px}
.scroll th,.scroll td{padding:.4em .7em}
.wide{border-radius:8px}
.wide svg{min-width:720px}
.wide .ground{fill:none}
.best-first tbody tr:first-child{font-weight:600;color:var(--good)}
.best-first tbody tr:first-child td:first-child::before{content:"★ "}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:12px}
svg{display:block;width:100%}
.confusion{table-layout:fixed;border-collapse:separate;border-spacing:4px;width:100%;text-align:center}
.confusion th{font-weight:500;color:var(--quiet);padding:4px 8px}
.confusion caption{caption-side:bottom;font-size:13px;padding-top:8px}
.confusion tbody td{height:80px;font-size:20px;font-weight:600;border-radius:6px;background:color-mix(in srgb,var(--tint) var(--strength),var(--ground))}
.confusion .right{--tint:var(--good)}
.confusion .wrong{--tint:var(--bad)}
footer{margin-top:32px;font-size:13px}
`;
