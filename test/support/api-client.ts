import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './generated/openapi.js';

export type ApiClient = Client<paths>;
export type ApiSchemas = components['schemas'];

/** A client of the HTTP API as an application would make it: its types are generated from openapi.yaml. */
export function createApiClient(
  baseUrl: string,
  secret: string | null = null,
  fetch: (request: Request) => Promise<Response> = globalThis.fetch,
): ApiClient {
  return createClient<paths>({
    baseUrl,
    fetch,
    headers: secret === null ? {} : { authorization: `Bearer ${secret}` },
  });
}
