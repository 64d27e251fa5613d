import { type Destination, destinationText, formerPlace, isSamePlace, type Place, placeOf } from "../destination.ts";
import { ParkError } from "./outcome.ts";
import type { RunMapping } from "../run-mapping.ts";
import type { StoredChunk } from "../chunk/stored-chunk.ts";
import type { NewRun } from "../types.ts";

// A queue that a person sends to another server may hold runs of which the first one has a part. They go nowhere else.

/** A run with the server that the id of its experiment is of. */
export function ofPlace(run: NewRun, place: Place | undefined): NewRun {
  const { experiment } = run;
  return place && "id" in experiment ? { ...run, experiment: { ...experiment, at: placeOf(place) } } : run;
}

/** A mapping with the server that the run is on. */
export function mappingAt(mapping: RunMapping, place: Place | undefined): RunMapping {
  return place ? { ...mapping, at: placeOf(place) } : mapping;
}

/** The server that something is of, when that is another one than the data goes to. */
export function elsewhere(at: Place | undefined, destination: Destination | undefined): Place | undefined {
  return at && destination && !isSamePlace(at, destination) ? at : undefined;
}

/** What is wrong with a run that is mapped to another server, if its own words do not hold here. */
export function partElsewhere({ at }: RunMapping, destination: Destination | undefined): ParkError | undefined {
  const there = elsewhere(at, destination);
  return there && new ParkError(`a part of it is on ${destinationText(there)} already: send the rest there`);
}

/** What is wrong with creating a run that no search has found, if it was perhaps created on another server. */
export function createdElsewhere({ attempted }: StoredChunk, destination?: Destination): ParkError | undefined {
  const there = attempted > 0 ? formerPlace(destination, attempted) : undefined;
  return there && new ParkError(`it may have been created on ${destinationText(there)} already: send it there`);
}

/**
 * A run with an experiment that it can be created in.
 *
 * @param moved Experiment, by name, for runs that give theirs by an id of another server.
 * @throws ParkError when it names its experiment by the id that that has on another server.
 */
export function withExperiment(run: NewRun, destination?: Destination, moved?: string): NewRun {
  const { experiment } = run;
  const there = "id" in experiment ? elsewhere(experiment.at, destination) : undefined;
  if (!there || !("id" in experiment)) return run;
  if (moved !== undefined) return { ...run, experiment: { name: moved } };
  const { id } = experiment;
  throw new ParkError(
    `its experiment is given by the id that it has on ${destinationText(there)}, "${id}": name one for it with "tracklet sync --experiment"`,
  );
}
