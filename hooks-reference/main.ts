import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../base/errors.js';
import { createRealRandom } from '../base/random.js';
import { createHooksApp, type Users } from './app.js';
import { startHooksServer } from './server.js';

const usage = `npm run hooks -- [options]    each also as environment: HOOKLINE_HTTP_ADDR …
  --http-addr HOST:PORT  where to listen (0.0.0.0:3000)
  --sip-gateway URL      the gateway's API (http://localhost:8002)
  --api-secret S         sent to the gateway as Authorization: Bearer S
  --hook-secret S        expected from the gateway as Authorization: Bearer S
  --users FILE           YAML or JSON: name to password, or to { ha1: … }; else every password is the name`;

function readUsers(file: string): Users {
  const hashed = z.object({ ha1: z.string().regex(/^[0-9a-f]{32}$/) });
  // failsafe: 0042 is a password and not the number 42.
  const entries = z.record(z.string(), z.union([z.string().min(1), hashed], 'has to be a "password" or { ha1: … }'));
  const users = Object.entries(entries.parse(parseYaml(readFileSync(file, 'utf8'), { schema: 'failsafe' })));
  return new Map(users.map(([name, secret]) => [name, typeof secret === 'string' ? { password: secret } : secret]));
}

function readSettings() {
  const env = (name: string): string | undefined => process.env[`HOOKLINE_${name}`] || undefined;
  const { values } = parseArgs({
    options: {
      'http-addr': { type: 'string', default: env('HTTP_ADDR') ?? '0.0.0.0:3000' },
      'sip-gateway': { type: 'string', default: env('SIP_GATEWAY') ?? 'http://localhost:8002' },
      'api-secret': { type: 'string', default: env('API_SECRET') },
      'hook-secret': { type: 'string', default: env('HOOK_SECRET') },
      users: { type: 'string', default: env('USERS') },
    },
  });
  const sipGateway = z.url({ protocol: /^https?$/, error: '--sip-gateway: no URL' }).parse(values['sip-gateway']);
  const listen = /^\[?(.+?)\]?:(\d{1,5})$/.exec(values['http-addr']);
  if (listen === null) throw new Error('--http-addr has to be HOST:PORT');
  const users = values.users === undefined ? null : readUsers(values.users);
  const app = { sipGateway, users, apiSecret: values['api-secret'], hookSecret: values['hook-secret'] };
  return { app, listen: { host: listen[1] ?? '', port: Number(listen[2]) } };
}

/** Exit code 2 for a bad setting, 1 when the address cannot be listened on. */
async function main(): Promise<void> {
  if (process.argv.includes('--help')) return console.log(usage);
  process.exitCode = 2;
  const { app, listen } = readSettings();
  process.exitCode = 1;
  const server = await startHooksServer(createHooksApp({ ...app, random: createRealRandom() }), listen);
  process.exitCode = 0;
  console.log(`hook server ready: hookline --hook-url ${server.hookUrl}`);
}

main().catch((thrown) => console.error(thrown instanceof z.ZodError ? z.prettifyError(thrown) : messageOf(thrown)));
