import { aboutEndpoints } from "#service/api/endpoints/about.ts";
import { clusterEndpoint } from "#service/api/endpoints/cluster.ts";
import { doctorEndpoint } from "#service/api/endpoints/doctor.ts";
import { eventsEndpoint } from "#service/api/endpoints/events.ts";
import { currentState, nowEndpoints } from "#service/api/endpoints/now.ts";
import { pastEndpoints } from "#service/api/endpoints/past.ts";
import { roundEndpoints } from "#service/api/endpoints/round.ts";
import type { Endpoint, OpenApiDocument } from "#service/api/endpoint.ts";
import { EventReaders } from "#service/api/event-readers.ts";
import { openApiDocument } from "#service/api/openapi.ts";
import type { ServiceContext } from "#service/context.ts";
import type { Route } from "#service/http/route.ts";

/** All that the OpenAPI document has, in its order. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...nowEndpoints,
  clusterEndpoint,
  eventsEndpoint,
  ...roundEndpoints,
  ...pastEndpoints,
  doctorEndpoint,
  ...aboutEndpoints,
];

export function apiRoutes(service: ServiceContext): readonly Route[] {
  const readers = new EventReaders({ feed: service.feed, stateText: stateText(service) });
  return ENDPOINTS.map(({ route }) => route({ service, readers, document: apiDocument }));
}

/** Made once for all readers that begin at the same event. */
function stateText(service: ServiceContext): () => string {
  let made = { id: "", text: "" };
  return () => {
    const id = service.feed.lastId;
    if (made.id !== id) made = { id, text: JSON.stringify(currentState(service)) };
    return made.text;
  };
}

let document: OpenApiDocument | undefined;

/** The OpenAPI document; made when it is first wanted. */
export function apiDocument(): OpenApiDocument {
  document ??= openApiDocument(ENDPOINTS.map((each) => each.document));
  return document;
}
