import { memoryArtifacts } from "../../../src/server/artifacts/memory.ts";
import { artifactStoreContract } from "./store-contract.ts";

artifactStoreContract("memoryArtifacts()", () => memoryArtifacts());
