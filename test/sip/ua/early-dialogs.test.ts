import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SipRequest } from '../../../sip/message.js';
import type { OutgoingAttempt, ProgressInfo } from '../../../sip/ua/types.js';
import { ForkingProxy } from '../../support/forking-proxy.js';
import { type Agent, UaBench } from '../../support/ua-bench.js';

let bench: UaBench;
let alice: Agent;
let bob: Agent;
let carol: Agent;
let proxy: ForkingProxy;
let call: OutgoingAttempt;
const told: ProgressInfo[] = [];

const sdp = (text: string): Buffer => Buffer.from(`v=0 ${text}`);

/** A proxy forks alice's INVITE to bob and carol; both answer in a reliable 183. */
beforeEach(async () => {
  bench = new UaBench();
  alice = await bench.agent('alice', '10.0.0.1');
  bob = await bench.agent('bob', '10.0.0.2');
  carol = await bench.agent('carol', '10.0.0.3');
  bench.name('10.0.0.9', 'proxy');
  const hops = [bob, carol].map(({ address }) => ({ address, port: 5060 }));
  proxy = new ForkingProxy('10.0.0.9', hops, 'loose');
  await proxy.start(bench.network);
  told.length = 0;
  alice.handlers = {
    onProgress: (info) => told.push(info),
    onOffer: (offer, reply) => {
      alice.heard.push(`${reply.carrier} ${offer} ${nameOf(reply.dialogId)}`);
      reply.accept(sdp('answer of alice'));
    },
  };
  for (const agent of [bob, carol]) {
    agent.onInvite = (session) => session.progress(183, { body: sdp(agent.name), reliable: true });
    agent.handlers = {
      onOffer: (offer, reply) => {
        agent.heard.push(`${reply.carrier} ${offer}`);
        reply.accept(sdp(`${agent.name} again`));
      },
    };
  }
  call = alice.call([{ kind: 'udp', address: '10.0.0.9', port: 5060 }]);
  await bench.clock.advance(100);
});

afterEach(async () => {
  call.end();
  for (const { incoming } of [bob, carol]) for (const session of incoming) session.end();
  await bench.expectNothingLeft();
  await proxy.close();
});

/** Whose early dialog that is. */
function nameOf(dialogId: string): string {
  return (
    told
      .find((info) => info.dialogId === dialogId)
      ?.body?.toString()
      .replace('v=0 ', '') ?? 'nobody'
  );
}

function dialogOf(agent: Agent): string {
  return told.find(({ body }) => body?.toString() === `v=0 ${agent.name}`)!.dialogId!;
}

test('RFC 3262 §4 each early dialog counts its RSeq for itself, and its PRACK goes to its own end', async () => {
  expect(told.map(({ meaning, reliable }) => [meaning, reliable])).toEqual([
    ['answer', true],
    ['answer', true],
  ]);
  expect(dialogOf(bob)).not.toBe(dialogOf(carol));
  const pracks = bench.wire.filter(({ from, text }) => from === 'proxy' && text === 'PRACK');
  expect(pracks.map(({ to }) => to).sort()).toEqual(['bob', 'carol']);
  // RFC 3261 §12.2.1.1: along the route set that the 183 recorded.
  expect((bench.sent('PRACK')[0] as SipRequest).route).toHaveLength(1);
  bob.session.progress(182, { reliable: true });
  bob.session.progress(181, { reliable: true });
  carol.session.progress(182, { reliable: true });
  await bench.clock.advance(100);
  expect(
    told
      .slice(2)
      .map(({ dialogId, statusCode }) => `${statusCode} ${nameOf(dialogId!)}`)
      .sort(),
  ).toEqual(['181 bob', '182 bob', '182 carol']);
});

test('RFC 3311 §5.1 UPDATE and other requests name their early dialog; without a name they need it to be the only one', async () => {
  expect(await call.update(sdp('hold'))).toEqual({ ok: false, statusCode: 481 });
  expect((await call.request('INFO')).statusCode).toBe(481);
  const toBob = call.update(sdp('for bob'), { dialogId: dialogOf(bob) });
  const toCarol = call.update(sdp('for carol'), { dialogId: dialogOf(carol) });
  await bench.clock.advance(100);
  expect([await toBob, await toCarol]).toEqual([
    { ok: true, body: sdp('bob again') },
    { ok: true, body: sdp('carol again') },
  ]);
  const info = call.request('INFO', { dialogId: dialogOf(carol) });
  await bench.clock.advance(100);
  expect((await info).statusCode).toBe(405);
  expect(bench.wire.filter(({ text, to }) => text === 'INFO' && to !== 'proxy').map(({ to }) => to)).toEqual(['carol']);
  const theirs = carol.session.update(sdp('from carol'));
  await bench.clock.advance(100);
  expect(await theirs).toEqual({ ok: true, body: sdp('answer of alice') });
  expect(alice.heard).toEqual(['UPDATE v=0 from carol carol']);
});

test('RFC 3261 §13.2.2.4 the winner keeps what its early dialog agreed on; the others are gone and their 2xx hung up', async () => {
  carol.session.accept({ body: sdp('carol') });
  bob.session.accept({ body: sdp('bob') });
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['answered null']);
  expect(call.state).toBe('confirmed');
  expect(bob.session.state).toBe('ended');
  const late = bob.session.update(sdp('too late'));
  const outcome = call.update(sdp('hold'));
  await bench.clock.advance(100);
  expect(await late).toEqual({ ok: false, statusCode: 481 });
  expect(await outcome).toEqual({ ok: true, body: sdp('carol again') });
  expect((await call.request('INFO', { dialogId: dialogOf(bob) })).statusCode).toBe(481);
});
