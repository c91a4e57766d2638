import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  nameAddr,
  type Reference,
  type ReferRequest,
  Referrals,
  refer,
  referenceForPeer,
  type Session,
  SessionReferences,
  Subscriber,
  Subscriptions,
  serializeDialogReference,
  serializeNameAddr,
  sipUri,
  withUriHeaders,
} from '../../sip/index.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/gateway-process.js';
import { LOOPBACK, RealAgent } from '../support/real-agent.js';
import { requirePeers } from './support/peers.js';
import type { SippOptions } from './support/sipp.js';
import { Stage } from './support/stage.js';

let stage: Stage;

beforeAll(() => {
  requirePeers('sipp');
  stage = new Stage();
});

afterAll(() => stage.close());

/** An agent that lets calls be replaced, and does what a REFER asks of it. */
async function phone(name: string): Promise<RealAgent> {
  const listens = (['udp', 'tcp'] as const).map((kind) => ({ kind, address: LOOPBACK, port: 0 }));
  const agent = await RealAgent.start(name, { listens });
  stage.onClose(() => agent.ua.close());
  const subscriptions = new Subscriptions(agent.ua.context, {
    packages: [],
    onSubscribe: () => ({ status: 'rejected', statusCode: 403 }),
  });
  const onRefer = (asked: ReferRequest, reference: Reference) => {
    follow(agent, asked, reference);
    return { status: 'accepted' } as const;
  };
  for (const usage of [
    new SessionReferences(),
    subscriptions,
    new Referrals(subscriptions, { onRefer }),
    new Subscriber(agent.ua.context),
  ]) {
    agent.ua.use(usage);
  }
  return agent;
}

/** RFC 3515 §2.4.4: the call that was asked for, with its Replaces; its sender is told how it goes. */
function follow(agent: RealAgent, { uri, headers, referredBy }: ReferRequest, reference: Reference): void {
  if (uri.scheme !== 'sip') throw new Error('a SIP URI was expected');
  if (referredBy === undefined) throw new Error('a Referred-By was expected');
  const by = [['Referred-By', serializeNameAddr(referredBy)]] as const;
  agent.callUri(
    uri,
    { headers: [...headers, ...by] },
    {
      onAnswered: () => reference.final(200),
      onEnded: ({ statusCode }) => reference.final(statusCode ?? 500),
    },
  );
}

function sipp(at: RealAgent, scenario: string, options: Partial<Omit<SippOptions, 'scenario' | 'directory'>> = {}) {
  const { address, port } = at.at(options.transport ?? 'udp');
  return stage.sipp({ gateway: { address: `${address}:${port}` }, scenario, ...options });
}

/** What a third party has to write to take the place of the peer of that session of `agent`. */
function replacesOf({ dialog }: Session): string {
  if (dialog === null) throw new Error('not answered');
  const { callId, localTag, remoteTag } = dialog;
  return serializeDialogReference({ callId, toTag: localTag, fromTag: remoteTag, earlyOnly: false });
}

test.each(['udp', 'tcp'] as const)(
  'RFC 3891 §3 sipp takes over the call of another sipp with us by %s',
  async (transport) => {
    const alice = await phone('alice');
    const first = await sipp(alice, 'replaced', { transport });
    const session = await eventually('the first call', () => alice.heard.includes('confirmed') && alice.sessions[0]);
    const second = await sipp(alice, 'replacer', { transport, keys: { replaces: replacesOf(session) } });
    await first.finished();
    await second.finished();
    expect(alice.heard.toSorted()).toEqual(['confirmed', 'confirmed', 'ended local replaced', 'ended remote bye']);
  },
);

test('RFC 3891 §3 a call that is not there is not taken over: 481', async () => {
  const alice = await phone('alice');
  const replaces = 'nobody@nowhere;to-tag=1;from-tag=2';
  await (await sipp(alice, 'replacer-refused', { keys: { replaces } })).finished();
  expect(alice.sessions).toEqual([]);
});

test('RFC 3891 §4, RFC 3515 §4.1 attended transfer: sipp refers bob to its other call, and we take its place there', async () => {
  const [bob, carol] = await Promise.all([phone('bob'), phone('carol')]);
  const consultation = await sipp(carol, 'replaced');
  const theirs = await eventually('consulting', () => carol.heard.includes('confirmed') && carol.sessions[0]);
  const { port } = carol.at('udp');
  const replaces = encodeURIComponent(replacesOf(theirs));
  const transferor = await sipp(bob, 'attended-transferor', { keys: { carol: `${LOOPBACK}:${port}`, replaces } });
  await Promise.all([transferor.finished(), consultation.finished()]);
  expect(carol.heard.toSorted()).toEqual(['confirmed', 'confirmed', 'ended local replaced']);
  expect(bob.heard).toEqual(['confirmed', 'ended remote bye']);
  carol.sessions[1]?.end();
  await eventually('over', () => carol.heard.includes('ended local bye') && bob.ua.counts().dialogs === 0);
});

test('RFC 3891 §4 attended transfer: we refer bob to a sipp that we have called, whom bob then calls with Replaces', async () => {
  const [alice, bob] = await Promise.all([phone('alice'), phone('bob')]);
  const uriOf = (port: number) => sipUri({ user: 'carol', host: LOOPBACK, port });
  const consulted = await sipp(alice, 'callee', { port: await freePort() });
  const target = await sipp(alice, 'transfer-target', { port: await freePort() });
  const toBob = alice.call(bob.at('udp'));
  const toCarol = alice.callUri(uriOf(consulted.port));
  await eventually('both answered', () => alice.heard.filter((word) => word === 'answered').length === 2);
  const { callId, localTag, remoteTag } = toCarol.dialog!;
  const reference = referenceForPeer(`${callId} ${localTag} ${remoteTag}`);
  // One sipp plays one call: where carol is called again is another port of hers.
  const referTo = withUriHeaders(uriOf(target.port), [['Replaces', serializeDialogReference(reference)]]);
  const referredBy = nameAddr(sipUri({ user: 'transferor', host: LOOPBACK }));
  const sent = refer(alice.ua.context, { session: toBob, referTo: nameAddr(referTo), referredBy });
  expect(await sent.result).toMatchObject({ outcome: 'succeeded', statusCode: 200 });
  for (const session of [toBob, toCarol]) session.end();
  await consulted.finished();
  expect(target.messages()).toContain(`Replaces: ${callId};to-tag=${remoteTag};from-tag=${localTag}`);
  await bob.ua.close();
  await target.finished();
});
