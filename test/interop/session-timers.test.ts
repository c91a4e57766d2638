import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import type { Gateway } from './support/gateway.js';
import { requirePeers } from './support/peers.js';
import { Stage } from './support/stage.js';

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = new Stage();
  requirePeers('sipp');
  gateway = await stage.gateway();
});

afterAll(() => stage.close());

test('RFC 4028 §6, §9 a caller that asks for too little is told how much, and refreshes by UPDATE and re-INVITE', async () => {
  const caller = await stage.sipp({ gateway, scenario: 'timer-caller', number: '9000' });
  await caller.finished();
});

test('RFC 4028 §7.3, §9 a callee that answers 422 gets its interval, and refreshes the call itself', async () => {
  const callee = await stage.sipp({ gateway, scenario: 'timer-callee-422' });
  const { session_id: id } = (await gateway.api('POST', '/sip/invite/server', {
    room_id: 'brief',
    dest_addr: `127.0.0.1:${callee.port}`,
    from_number: '100',
    to_number: '555',
  })) as { session_id: string };
  await eventually('refreshed by the callee', () => /^UPDATE [\s\S]*^SIP\/2.0 200 /m.test(callee.messages()));
  await gateway.api('DELETE', `/sip/conn/${id}`);
  await callee.finished();
});

test('RFC 4028 §7.4, §10 we refresh at half of what the callee grants, by UPDATE where it knows it, else by re-INVITE; and a caller that asks us to', async () => {
  const caller = await stage.sipp({ gateway, scenario: 'timer-caller-refreshed', number: '9000' });
  const callees = [
    { scenario: 'timer-callee-update', refresh: /^UPDATE sip:/gm, times: 1 },
    { scenario: 'timer-callee-reinvite', refresh: /^INVITE sip:/gm, times: 2 },
  ];
  const calls = callees.map(async ({ scenario, refresh, times }) => {
    const callee = await stage.sipp({ gateway, scenario });
    const { session_id: id } = (await gateway.api('POST', '/sip/invite/server', {
      room_id: scenario,
      dest_addr: `127.0.0.1:${callee.port}`,
      from_number: '100',
      to_number: '555',
    })) as { session_id: string };
    await eventually(`${scenario} refreshed`, () => (callee.messages().match(refresh) ?? []).length >= times, 55_000);
    expect((await gateway.calls()).find(({ session_id }) => session_id === id)?.state).toBe('Connected');
    await gateway.api('DELETE', `/sip/conn/${id}`);
    await callee.finished();
  });
  await Promise.all([...calls, caller.finished()]);
});

test('RFC 4028 §10 after all of this nothing is left', async () => {
  await gateway.empty();
});
