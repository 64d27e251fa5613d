/** The cycles of a graph, at least one of each knot, each as the list of its nodes in order, starting at the alphabetically first. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles = new Map<string, string[]>();
  const done = new Set<string>();
  const path: string[] = [];
  const onPath = new Set<string>();

  const visit = (node: string): void => {
    if (onPath.has(node)) {
      const cycle = path.slice(path.indexOf(node));
      const first = cycle.indexOf([...cycle].sort()[0] as string);
      const turned = [...cycle.slice(first), ...cycle.slice(0, first)];
      cycles.set(turned.join(" "), turned);
      return;
    }
    if (done.has(node)) return;
    path.push(node);
    onPath.add(node);
    for (const next of graph.get(node) ?? []) visit(next);
    path.pop();
    onPath.delete(node);
    done.add(node);
  };

  for (const node of [...graph.keys()].sort()) visit(node);
  return [...cycles.values()];
}
