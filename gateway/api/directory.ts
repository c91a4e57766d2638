import { type OpenAPIHono, z } from '@hono/zod-openapi';
import {
  type DirectoryView,
  type DomainBody,
  type DomainView,
  directoryView,
  domainBody,
  domainView,
  plainError,
  userBody,
} from '../../contract/mediaswitch/directory.js';
import type { ApiEnv } from './auth.js';
import { addBodylessRoute, addPlainRoute, PlainRefusal } from './plain-routes.js';
import { named } from './v1.js';

/** `bad`: 400. `unknown`: 404. `full`: 503. */
export type DirectoryResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly fault: 'bad' | 'unknown' | 'full'; readonly reason: string };

/** What the API may ask of the directory. Domains are as in the path: in any case, a port behind them. */
export interface DirectoryCommands {
  putDomain(domain: string, body: DomainBody): DirectoryResult;
  patchDomain(domain: string, body: DomainBody): DirectoryResult;
  putUser(domain: string, username: string, secret: string): DirectoryResult;
  removeDomain(domain: string): DirectoryResult;
  removeUser(domain: string, username: string): DirectoryResult;
  /** Null for an unknown domain. */
  view(domain: string): DomainView | null;
  top(): readonly string[];
}

const statusOf = { bad: 400, unknown: 404, full: 503 } as const;

export const domainParam = z.string().openapi({ param: { description: 'Its name; a port behind it does not count.' } });
const ofDomain = z.object({ domain: domainParam });
const ofUser = z.object({ domain: domainParam, user: z.string() });
const domainSchema = named(domainBody, 'DirectoryDomainBody');
const userSchema = named(userBody, 'DirectoryUserBody');

/** An answer with nothing in it. */
export function empty(description: string) {
  return { description };
}

/** An answer that is JSON. */
export function answered<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

export const refused = answered(named(plainError, 'PlainError'), 'Not done; `error` says why.');

/** The directory: contract mediaswitch 1.2. */
export function addDirectoryRoutes(app: OpenAPIHono<ApiEnv>, commands: DirectoryCommands): void {
  addDomainRoutes(app, commands);
  addUserRoutes(app, commands);
  addBodylessRoute(
    app,
    {
      method: 'get',
      path: '/dir',
      operationId: 'getDirectory',
      summary: 'The top of the tree of domains.',
      responses: { 200: answered(named(directoryView, 'Directory'), 'Its labels.'), default: refused },
    },
    (c) => {
      const domains = [...commands.top()];
      const view: DirectoryView = domains.length === 0 ? {} : { domains };
      return c.json(view, 200);
    },
  );
  // No route that anybody could use: contract 1.2 tells it from a method that does not exist.
  app.on('PUT', ['/dir', '/dir/'], () => {
    throw new PlainRefusal(400, 'no domain is named');
  });
}

function addDomainRoutes(app: OpenAPIHono<ApiEnv>, commands: DirectoryCommands): void {
  const path = '/dir/{domain}';
  const domainOf = (c: { req: { param(name: 'domain'): string | undefined } }): string => c.req.param('domain') ?? '';
  addPlainRoute(
    app,
    {
      method: 'put',
      path,
      operationId: 'putDomain',
      summary: 'Pushes a domain with its control server and all its users; what lies below it stays.',
      params: ofDomain,
      body: domainSchema,
      responses: { 201: empty('It is as pushed.'), default: refused },
    },
    (c, body) => {
      grant(commands.putDomain(domainOf(c), body));
      return c.body(null, 201);
    },
  );
  addPlainRoute(
    app,
    {
      method: 'patch',
      path,
      operationId: 'patchDomain',
      summary: 'Changes what is given: the control server, and the users that are listed.',
      params: ofDomain,
      body: domainSchema,
      responses: { 200: empty('Changed.'), default: refused },
    },
    (c, body) => {
      grant(commands.patchDomain(domainOf(c), body));
      return c.body(null, 200);
    },
  );
  addBodylessRoute(
    app,
    {
      method: 'get',
      path,
      operationId: 'getDomain',
      summary: 'The users of a domain, what lies below it, and its control server.',
      params: ofDomain,
      responses: { 200: answered(named(domainView, 'DirectoryDomain'), 'What is there.'), default: refused },
    },
    (c) => {
      const view = commands.view(domainOf(c));
      if (view === null) throw new PlainRefusal(404, 'Domain not found');
      return c.json(view, 200);
    },
  );
  addBodylessRoute(
    app,
    {
      method: 'delete',
      path,
      operationId: 'deleteDomain',
      summary: 'Removes a domain and all below it. Its users are unregistered.',
      params: ofDomain,
      responses: { 200: empty('Removed.'), default: refused },
    },
    (c) => {
      grant(commands.removeDomain(domainOf(c)));
      return c.body(null, 200);
    },
  );
}

function addUserRoutes(app: OpenAPIHono<ApiEnv>, commands: DirectoryCommands): void {
  const path = '/dir/{domain}/{user}';
  for (const method of ['put', 'patch'] as const) {
    addPlainRoute(
      app,
      {
        method,
        path,
        operationId: `${method}DirectoryUser`,
        summary: 'Adds a user, or gives him another password.',
        params: ofUser,
        body: userSchema,
        responses: { 200: empty('Done.'), default: refused },
      },
      (c, { secret }) => {
        grant(commands.putUser(c.req.param('domain') ?? '', c.req.param('user') ?? '', secret));
        return c.body(null, 200);
      },
    );
  }
  addBodylessRoute(
    app,
    {
      method: 'delete',
      path,
      operationId: 'deleteDirectoryUser',
      summary: 'Removes a user, if there is one. He is unregistered.',
      params: ofUser,
      responses: { 200: empty('There is no such user any more.'), default: refused },
    },
    (c) => {
      grant(commands.removeUser(c.req.param('domain') ?? '', c.req.param('user') ?? ''));
      return c.body(null, 200);
    },
  );
}

function grant(result: DirectoryResult): void {
  if (!result.ok) throw new PlainRefusal(statusOf[result.fault], result.reason);
}
