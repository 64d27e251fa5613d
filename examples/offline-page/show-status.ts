import type { QueueStatus } from "tracklet";

/** Shows the state of a queue as the rows of a table: what waits, what went, what could not. */
export function showStatus(table: HTMLElement, status: QueueStatus): void {
  const amounts = ["waiting", "inFlight", "delivered", "parked", "quarantined", "dropped"] as const;
  const rows: [name: string, text: string][] = [
    ...amounts.map((name): [string, string] => {
      const { points, requests } = status[name];
      return [name, `${points} points, ${requests} other requests`];
    }),
    ["lag", `${(status.lag / 1_000).toFixed(1)} s`],
    ["host", status.host],
    ["storage", status.storage],
    ["problems", status.problems.map(({ message }) => message).join("\n") || "none"],
  ];
  table.replaceChildren(
    ...rows.map(([name, text]) => {
      const row = document.createElement("tr");
      const head = document.createElement("th");
      const cell = document.createElement("td");
      head.textContent = name;
      cell.textContent = text;
      cell.id = name;
      row.append(head, cell);
      return row;
    }),
  );
}
