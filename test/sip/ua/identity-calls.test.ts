import { expect, test } from 'vitest';
import { nameAddr } from '../../../sip/header-values.js';
import { serializeWarning, warnings } from '../../../sip/headers/warning.js';
import { retryAfter } from '../../../sip/headers.js';
import type { SipMessage, SipResponse } from '../../../sip/message.js';
import { assertedIdentity, identityHeaders } from '../../../sip/ua/identity.js';
import { serializeUri, sipUri } from '../../../sip/uri.js';
import { ANSWER, pair } from '../../support/ua-bench.js';

const alices = nameAddr(sipUri({ user: 'alice', host: 'atlanta.example.com' }), {}, 'Alice');
const bobs = nameAddr(sipUri({ user: 'bob', host: 'biloxi.example.com' }), {}, 'Bob');

const who = (message: SipMessage, trusted = true) => {
  const { source, address, isPrivate } = assertedIdentity(message, { trusted });
  return `${source} ${serializeUri(address.uri)}${isPrivate ? ' private' : ''}`;
};

test('RFC 3325 §5 a private call in a trust domain: both sides learn who the other is, and nobody else does', async () => {
  const { bench, alice, bob } = await pair();
  const { from, headers } = identityHeaders({ address: alices, isPrivate: true }, { trusted: true });
  const answer = identityHeaders({ address: bobs, party: 'called' }, { trusted: true });
  bob.onInvite = (session) => {
    session.progress(180, { headers: answer.headers });
    session.accept({ body: ANSWER, headers: answer.headers });
  };
  const call = alice.call(bob, { from, headers });
  await bench.clock.advance(100);
  const { invite, remote } = bob.session;
  expect(who(invite)).toBe('asserted sip:alice@atlanta.example.com private');
  expect(who(invite, false)).toBe('from sip:anonymous@anonymous.invalid private');
  expect(serializeUri(remote.uri)).toBe('sip:anonymous@anonymous.invalid');
  expect(bench.sent('200 INVITE').map((response) => who(response))).toEqual(['asserted sip:bob@biloxi.example.com']);
  // The dialog goes on under the names of From and To (RFC 3323 §4.1.1.3).
  bob.session.end();
  await bench.clock.advance(100);
  expect(bench.sent('BYE')[0]?.headers.get('P-Asserted-Identity')).toBeUndefined();
  expect(call.state).toBe('ended');
  await bench.expectNothingLeft();
});

test('Remote-Party-ID of both sides, for peers that know nothing else', async () => {
  const { bench, alice, bob } = await pair();
  const rpid = (address: typeof alices, party: 'calling' | 'called') =>
    identityHeaders({ address, party, remotePartyId: true }, { trusted: true }).headers.slice(1);
  bob.onInvite = (session) => session.accept({ body: ANSWER, headers: rpid(bobs, 'called') });
  const call = alice.call(bob, { headers: rpid(alices, 'calling') });
  await bench.clock.advance(100);
  expect(who(bob.session.invite)).toBe('remote-party-id sip:alice@atlanta.example.com');
  expect(who(bench.sent('200 INVITE')[0]!)).toBe('remote-party-id sip:bob@biloxi.example.com');
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §20.43, §20.33 why a call failed, and when it may be tried again, reaches the caller', async () => {
  const { bench, alice, bob } = await pair();
  const text = 'No "common" codec';
  bob.onInvite = (session) =>
    session.reject(480, {
      headers: [
        ['Warning', serializeWarning({ code: 305, agent: 'biloxi.example.com', text })],
        ['Retry-After', '120 (in a meeting);duration=600'],
        ['Reason', 'Q.850;cause=18;text="No user responding"'],
      ],
    });
  alice.call(bob);
  await bench.clock.advance(100);
  const [end] = alice.ends;
  const response = end?.response as SipResponse;
  expect(end).toMatchObject({ by: 'remote', cause: 'rejected', statusCode: 480 });
  expect(end?.reason).toEqual([{ protocol: 'Q.850', cause: 18, text: 'No user responding' }]);
  expect(warnings(response)).toMatchObject({ ok: true, value: [{ code: 305, agent: 'biloxi.example.com', text }] });
  expect(retryAfter(response)).toEqual({ ok: true, value: 120 });
  await bench.expectNothingLeft();
});
