import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { domainRegistrations, registrationCount } from '../../contract/mediaswitch/registrations.js';
import type { ApiEnv } from './auth.js';
import { answered, domainParam, refused } from './directory.js';
import { addBodylessRoute, PlainRefusal } from './plain-routes.js';
import { named } from './v1.js';

/** What the API may ask about registrations. */
export interface RegistrationCommands {
  /** All live ones. */
  count(): number;
  /** The DomainRegistrations of a domain, or of one of its users, as JSON; null for a domain that is not in the directory. */
  ofDomain(domain: string, username: string | null): string | null;
}

/** Who is registered: contract mediaswitch 1.3. */
export function addRegistrationRoutes(app: OpenAPIHono<ApiEnv>, commands: RegistrationCommands): void {
  const listed = answered(named(domainRegistrations, 'DomainRegistrations'), 'Who is registered, and from where.');
  addBodylessRoute(
    app,
    {
      method: 'get',
      path: '/reg',
      operationId: 'countRegistrations',
      summary: 'How many are registered here.',
      responses: { 200: answered(named(registrationCount, 'RegistrationCount'), 'The count.'), default: refused },
    },
    (c) => c.json({ count: commands.count() }, 200),
  );
  const tell = (c: Context<ApiEnv>, username: string | null): Response => {
    const found = commands.ofDomain(c.req.param('domain') ?? '', username);
    if (found === null) throw new PlainRefusal(404, 'Domain not found');
    return c.body(found, 200, { 'content-type': 'application/json' });
  };
  addBodylessRoute(
    app,
    {
      method: 'get',
      path: '/reg/{domain}',
      operationId: 'getRegistrations',
      summary: 'The users of a domain, and which of them are registered.',
      params: z.object({ domain: domainParam }),
      responses: { 200: listed, default: refused },
    },
    (c) => tell(c, null),
  );
  addBodylessRoute(
    app,
    {
      method: 'get',
      path: '/reg/{domain}/{user}',
      operationId: 'getUserRegistration',
      summary: 'The same of one user.',
      params: z.object({ domain: domainParam, user: z.string() }),
      responses: { 200: listed, default: refused },
    },
    (c) => tell(c, c.req.param('user') ?? ''),
  );
}
