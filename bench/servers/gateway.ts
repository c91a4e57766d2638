import { PASSWORD, REALM, REDIRECTED, USERS, userName } from './users.js';

/**
 * Settings of the gateway as registrar with digest and as redirect server: a domain with users of its own, no hooks, and
 * the load generator as a known server, so that the limits of strangers do not cut it off.
 */
export function gatewaySettings(sipPort: number, httpPort: number): Readonly<Record<string, unknown>> {
  const users = Object.fromEntries(
    [REDIRECTED, ...Array.from({ length: USERS }, (_, i) => userName(i))].map(withSecret),
  );
  return {
    sip_listen: [`127.0.0.1:${sipPort}`],
    http_listen: `127.0.0.1:${httpPort}`,
    hook_url: 'off',
    data_dir: ':memory:',
    media_workers: 0,
    max_lateness_ms: 0,
    servers: [{ alias: 'bench', cidrs: ['127.0.0.0/8'] }],
    domains: [{ name: '*', users, realm: REALM, routing: 'redirect', policy: { contacts: 'one', max: 3600 } }],
  };
}

function withSecret(name: string): [string, string] {
  return [name, PASSWORD];
}
