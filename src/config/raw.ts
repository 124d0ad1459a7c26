/** Keys and indexes from the top of the configuration, in the names of the YAML form. */
export type Path = readonly (number | string)[];

/** Where a value stands in the file; 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** What the file calls it when that is not the path itself: `gandi.record_ttl` of a `dns.ini`. */
  readonly name?: string | undefined;
  /** The environment variable that the file names for the value. */
  readonly env?: string | undefined;
}

/**
 * A configuration file as plain data, in the shape of the YAML form whatever its own form is. Nothing in it
 * has been validated.
 */
export interface RawConfiguration {
  /** As it was named or found; what problems show. */
  readonly file: string;
  readonly value: unknown;
  /** By {@link formatPath}; the empty path is the file itself. */
  readonly places: ReadonlyMap<string, Place>;
}

/** `records.0.ttl` */
export function formatPath(path: Path): string {
  return path.join(".");
}

/** The place of the value, or of the closest thing around it that the file has. */
export function nearestPlace(raw: RawConfiguration, path: Path): Place | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const place = raw.places.get(formatPath(path.slice(0, length)));
    if (place) return place;
  }
  return undefined;
}

/** A value that has keys: neither a list nor empty. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
