export type { ArtifactContent, ArtifactEntry, ArtifactStat, ArtifactStore, ByteRange } from "./artifact-store.ts";
export { folderArtifacts } from "./folder.ts";
export { memoryArtifacts } from "./memory.ts";
