import { type OpenAPIHono, z } from '@hono/zod-openapi';
import {
  type DomainRegistrations,
  domainRegistrations,
  registrationCount,
} from '../../contract/mediaswitch/registrations.js';
import type { ApiEnv } from './auth.js';
import { answered, domainParam, refused } from './directory.js';
import { addBodylessRoute, PlainRefusal } from './plain-routes.js';
import { named } from './v1.js';

/** What the API may ask about registrations. */
export interface RegistrationCommands {
  /** All live ones. */
  count(): number;
  /** Of a domain, or of one of its users; null for a domain that is not in the directory. */
  ofDomain(domain: string, username: string | null): DomainRegistrations | null;
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
  const tell = (domain: string, username: string | null): DomainRegistrations => {
    const found = commands.ofDomain(domain, username);
    if (found === null) throw new PlainRefusal(404, 'Domain not found');
    return found;
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
    (c) => c.json(tell(c.req.param('domain') ?? '', null), 200),
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
    (c) => c.json(tell(c.req.param('domain') ?? '', c.req.param('user') ?? ''), 200),
  );
}
