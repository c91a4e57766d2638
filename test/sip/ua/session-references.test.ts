import { describe, expect, test } from 'vitest';
import { referenceForPeer, serializeDialogReference } from '../../../sip/headers/replaces.js';
import { type ReferencedSession, SessionReferences } from '../../../sip/ua/session-references.js';
import type { IncomingSession } from '../../../sip/ua/types.js';
import { type Agent, ANSWER, UaBench } from '../../support/ua-bench.js';

/** Alice has called bob; carol is about to call bob with a reference to that call. */
async function threesome(kinds: { replaces?: boolean; join?: boolean } = {}) {
  const bench = new UaBench();
  const alice = await bench.agent('alice', '10.0.0.1');
  const bob = await bench.agent('bob', '10.0.0.2');
  const carol = await bench.agent('carol', '10.0.0.3');
  const references = new SessionReferences(kinds);
  bob.ua.use(references);
  const seen: (ReferencedSession | null)[] = [];
  bob.onInvite = (session) => {
    seen.push(references.of(session));
    session.accept({ body: ANSWER });
  };
  return { bench, alice, bob, carol, references, seen };
}

/** A call whose dialog, seen from its caller, is told as a header value for the other side. */
async function answeredCall(bench: UaBench, from: Agent, to: Agent) {
  let dialogId = '';
  from.handlers = {
    onProgress: (info) => {
      dialogId = info.dialogId ?? '';
    },
    onAnswered: (info) => {
      dialogId = info.dialogId;
    },
  };
  const call = from.call(to);
  await bench.clock.advance(100);
  from.handlers = {};
  return { call, reference: referenceForPeer(dialogId), value: serializeDialogReference(referenceForPeer(dialogId)) };
}

test('RFC 3891 §3 an accepted INVITE with Replaces takes the place of the call, which gets BYE', async () => {
  const { bench, alice, bob, carol, seen } = await threesome();
  const { value } = await answeredCall(bench, alice, bob);
  const first: IncomingSession = bob.session;
  bench.wire.length = 0;
  const call = carol.call(bob, { headers: [['Replaces', value]] });
  await bench.clock.advance(100);
  bench.expectLadder(`
    carol > bob INVITE
    bob > carol 200 INVITE
    bob > alice BYE
    carol > bob ACK
    alice > bob 200 BYE
  `);
  expect(bench.sent('BYE')[0]?.headers.get('Reason')).toBe('SIP ;cause=200 ;text="Replaced"');
  expect(seen).toEqual([null, { kind: 'replaces', session: first }]);
  expect(bob.ends).toMatchObject([{ by: 'local', cause: 'replaced' }]);
  expect([call.state, first.state]).toEqual(['confirmed', 'ended']);
  expect(bench.sent('200 INVITE')[0]?.headers.get('Supported')).toContain('replaces');
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3891 §7.2 a call of ours that still rings is picked up elsewhere: CANCEL', async () => {
  const { bench, alice, bob, carol, references } = await threesome();
  alice.ua.use(references);
  bob.onInvite = (session) => session.progress(180);
  alice.onInvite = (session) => session.accept({ body: ANSWER });
  const { call, reference } = await answeredCall(bench, alice, bob);
  // Carol names the dialog to alice as bob would: alice's tags are the other way round.
  const { callId, toTag, fromTag } = reference;
  const value = serializeDialogReference({ callId, toTag: fromTag, fromTag: toTag, earlyOnly: true });
  carol.call(alice, { headers: [['Replaces', value]] });
  await bench.clock.advance(100);
  expect(call.state).toBe('ended');
  expect(bench.ladder()).toContain('alice > bob CANCEL');
  expect(alice.ends).toMatchObject([{ by: 'local', cause: 'replaced' }]);
  alice.session.end();
  await bench.expectNothingLeft();
});

test('RFC 3911 §4 an INVITE with Join is told with the call that it joins, and both go on', async () => {
  const { bench, alice, bob, carol, seen } = await threesome({ join: true });
  const { call, value } = await answeredCall(bench, alice, bob);
  const joined = carol.call(bob, { headers: [['Join', value]] });
  await bench.clock.advance(100);
  expect(seen[1]).toMatchObject({ kind: 'join' });
  expect([call.state, joined.state]).toEqual(['confirmed', 'confirmed']);
  call.end();
  joined.end();
  await bench.expectNothingLeft();
});

describe('RFC 3891 §3 refused', () => {
  test.each([
    ['a dialog that is not there', 'x@y;to-tag=1;from-tag=2', 481],
    ['no to-tag', 'x@y;from-tag=2', 400],
    ['no from-tag', 'x@y;to-tag=2', 400],
    ['no Call-ID', ';to-tag=1;from-tag=2', 400],
    ['words instead of a Call-ID', 'a b;to-tag=1;from-tag=2', 400],
  ])('%s', async (_name, value, statusCode) => {
    const { bench, bob, carol } = await threesome();
    carol.call(bob, { headers: [['Replaces', value]] });
    await bench.clock.advance(100);
    expect(carol.ends).toMatchObject([{ cause: 'rejected', statusCode }]);
    expect(bob.incoming).toEqual([]);
    await bench.expectNothingLeft();
  });

  test('two of them, and one beside a Join', async () => {
    const { bench, alice, bob, carol } = await threesome({ join: true });
    const { call, value } = await answeredCall(bench, alice, bob);
    carol.call(bob, {
      headers: [
        ['Replaces', value],
        ['Replaces', value],
      ],
    });
    carol.call(bob, {
      headers: [
        ['Replaces', value],
        ['Join', value],
      ],
    });
    await bench.clock.advance(100);
    expect(carol.ends.map(({ statusCode }) => statusCode)).toEqual([400, 400]);
    call.end();
    await bench.expectNothingLeft();
  });

  test('early-only, when the call is answered: 486', async () => {
    const { bench, alice, bob, carol } = await threesome();
    const { call, reference } = await answeredCall(bench, alice, bob);
    carol.call(bob, { headers: [['Replaces', serializeDialogReference({ ...reference, earlyOnly: true })]] });
    await bench.clock.advance(100);
    expect(carol.ends).toMatchObject([{ statusCode: 486 }]);
    expect(call.state).toBe('confirmed');
    call.end();
    await bench.expectNothingLeft();
  });

  test('a call that rings here and was not made here: 481', async () => {
    const { bench, alice, bob, carol } = await threesome();
    bob.onInvite = (session) => session.progress(180);
    const { call, value } = await answeredCall(bench, alice, bob);
    carol.call(bob, { headers: [['Replaces', value]] });
    await bench.clock.advance(100);
    expect(carol.ends).toMatchObject([{ statusCode: 481 }]);
    call.end();
    await bench.expectNothingLeft();
  });

  test('a call that is being hung up: 603', async () => {
    const { bench, alice, bob, carol } = await threesome();
    const { value } = await answeredCall(bench, alice, bob);
    bench.lose = ({ from, to }) => from === 'alice' || to === 'alice';
    bob.session.end();
    carol.call(bob, { headers: [['Replaces', value]] });
    await bench.clock.advance(100);
    expect(carol.ends).toMatchObject([{ statusCode: 603 }]);
    bench.lose = () => false;
    await bench.expectNothingLeft();
  });

  test('a call that the application turns down leaves the other as it was', async () => {
    const { bench, alice, bob, carol } = await threesome();
    const { call, value } = await answeredCall(bench, alice, bob);
    bob.onInvite = (session) => session.reject(403);
    carol.call(bob, { headers: [['Replaces', value]] });
    await bench.clock.advance(100);
    expect(carol.ends).toMatchObject([{ statusCode: 403 }]);
    expect(call.state).toBe('confirmed');
    call.end();
    await bench.expectNothingLeft();
  });
});

test('RFC 3891 §3 without the usage the field means nothing, and Require gets 420', async () => {
  const { bench, alice, bob, carol } = await threesome({ replaces: false });
  const { call, value } = await answeredCall(bench, alice, bob);
  const second = carol.call(bob, { headers: [['Replaces', value]] });
  carol.call(bob, {
    headers: [
      ['Replaces', value],
      ['Require', 'replaces'],
    ],
  });
  await bench.clock.advance(100);
  expect([call.state, second.state]).toEqual(['confirmed', 'confirmed']);
  expect(carol.ends).toMatchObject([{ statusCode: 420 }]);
  call.end();
  second.end();
  await bench.expectNothingLeft();
});
