import { expect, test } from 'vitest';
import { silentLogger } from '../../base/log.js';
import { createApi } from '../../gateway/api/app.js';
import type { ApiCommands } from '../../gateway/api/commands.js';
import { createHookClient } from '../../gateway/hooks/client.js';
import { createHooksApp } from '../../hooks-reference/app.js';
import { transportTo } from '../support/hook-server.js';
import { ManualClock } from '../support/manual-clock.js';
import { MemoryHookStore } from '../support/memory-hook-store.js';
import { createSeededRandom } from '../support/seeded-random.js';

test('contract §1 the hook server calls the API back while the invite hook is pending', async () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  const refused = async () => ({ ok: false, code: 'NOT_FOUND' }) as const;
  const commands: ApiCommands = {
    inviteClient: async (body) => {
      seen.push(`ring ${body.dest_session_id} for ${body.from_number}, ${hooks.pending()} hook pending`);
      return body.dest_session_id === 's1' ? { ok: true, value: { sessionId: 'leg' } } : refused();
    },
    inviteServer: refused,
    closeConnection: refused,
    sessions: () => [],
    calls: () => [],
    messageSummary: () => ({ ok: false, code: 'NOT_FOUND' }),
    setMessageSummary: () => ({ ok: false, code: 'NOT_FOUND' }),
    ready: () => true,
    quality: async () => ({ ok: false, code: 'NOT_FOUND' }) as const,
    histograms: () => ({}),
    counters: () => ({}),
    logLevel: () => null,
    setLogLevel: () => undefined,
  };
  const api = createApi(commands, { apiSecret: 'hush', apiAllow: [], errorFormat: 'envelope', corsOrigin: null });
  const loopback = { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' };
  const app = createHooksApp({
    sipGateway: 'http://gateway:8002',
    apiSecret: 'hush',
    random: createSeededRandom(3),
    fetch: async (url, init) => api.fetch(new Request(url, init), loopback),
  });
  const hooks = createHookClient({
    clock,
    log: silentLogger,
    store: new MemoryHookStore(),
    transport: transportTo(app, clock),
    hookUrl: 'http://hooks:3000/hooks',
    hookSecret: null,
  });
  hooks.register({ username: '1001', realm: 'r', session_id: 's1' });
  hooks.register({ username: '1003', realm: 'r', session_id: 'gone' });
  await clock.until(() => hooks.pending() === 0);

  const call = { source: '192.0.2.1:5060', username: '1002', from_number: '1002', conn_id: 'c' };
  const dial = async (to_number: string) => {
    const outcome = hooks.invite({ ...call, to_number }, new AbortController().signal);
    await clock.until(() => hooks.pending() === 0);
    return outcome;
  };
  expect(await dial('1001')).toMatchObject({
    ok: true,
    reply: { strategy: 'WaitOtherPeers', room_id: expect.stringMatching(/^[0-9a-f]{32}$/) },
  });
  expect(await dial('1003')).toMatchObject({ ok: true, reply: { strategy: 'Reject' } });
  expect(await dial('9000')).toMatchObject({ ok: true, reply: { strategy: 'Accept', room_id: '9000' } });
  expect(seen).toEqual(['ring s1 for 1002, 1 hook pending', 'ring gone for 1002, 1 hook pending']);
});
