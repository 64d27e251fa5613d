/**
 * Makes Chromium begin a new log for the databases of this origin. When it is killed in the middle of a write, it goes
 * on behind the half of it that is in the log, and cannot read that log at the start after the next one: then it throws
 * all databases of the origin away (seen in Chromium 153 after 1 to 2 of 100 kills while pages write). Deleting a
 * database makes it move what the log holds into a table; the log with the broken part is gone with that.
 *
 * @param name Of the database that is worth it; one beside it is made and deleted.
 */
export function renewLog(name: string): Promise<void> {
  const { navigator } = globalThis as { readonly navigator?: { readonly userAgent?: string } };
  if (!/Chrom(?:e|ium)\//.test(navigator?.userAgent ?? "")) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const making = indexedDB.open(`${name}-log`, 1);
    making.onerror = () => reject(making.error);
    making.onsuccess = () => {
      making.result.close();
      const deleting = indexedDB.deleteDatabase(`${name}-log`);
      deleting.onsuccess = () => resolve();
      deleting.onerror = () => reject(deleting.error);
    };
  });
}
