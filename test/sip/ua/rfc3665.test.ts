import { expect, test } from 'vitest';
import { DigestAuthenticator } from '../../../sip/auth/challenge.js';
import { ha1, parseAuthorization, verifyResponse } from '../../../sip/auth/digest.js';
import { contacts } from '../../../sip/headers.js';
import type { SipRequest } from '../../../sip/message.js';
import { FakePhone } from '../../support/phone.js';
import { type Agent, ANSWER, OFFER, UaBench } from '../../support/ua-bench.js';

async function pair() {
  const bench = new UaBench();
  const alice = await bench.agent('alice', '10.0.0.1');
  const bob = await bench.agent('bob', '10.0.0.2');
  return { bench, alice, bob };
}

/** Lets `server` challenge a method with 401, for one user. */
function challenge(bench: UaBench, server: Agent, password: string, statusCode: 401 | 407): (r: SipRequest) => boolean {
  const digest = new DigestAuthenticator({ clock: bench.clock, random: bench.random });
  const asks = statusCode === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
  const answers = statusCode === 401 ? 'Authorization' : 'Proxy-Authorization';
  const isRight = (request: SipRequest): boolean => {
    const read = parseAuthorization(request.headers.get(answers) ?? '');
    if (!read.ok || digest.check(read.value, 'test') !== 'ok') return false;
    const { algorithm, username } = read.value;
    if (!verifyResponse(read.value, ha1(algorithm, username, 'test', password), request.method)) return false;
    digest.consume(read.value);
    return true;
  };
  server.ua.admit((transaction) => {
    if (isRight(transaction.request)) return true;
    const values = digest.challenge('test', { algorithms: ['SHA-256', 'MD5'], qop: 'auth' });
    server.ua.respond(transaction, statusCode, { headers: values.map((value) => [asks, value]) });
    return false;
  });
  return isRight;
}

test('RFC 3665 §2.1, §2.2, §2.4 a phone registers with digest, refreshes and unregisters', async () => {
  const bench = new UaBench();
  const server = await bench.agent('server', '10.0.0.9');
  challenge(bench, server, 'secret', 401);
  const seen: string[] = [];
  server.ua.handle('REGISTER', (transaction) => {
    const { headers, cseq, callId } = transaction.request;
    seen.push(`${headers.get('Contact')} ${headers.get('Expires')} ${cseq.sequence} ${callId}`);
    server.ua.respond(transaction, 200);
  });
  bench.name('10.0.0.3', 'phone');
  const { clock, random, network } = bench;
  const phone = await FakePhone.start({
    clock,
    random,
    network: network.host('10.0.0.3'),
    address: '10.0.0.3',
    user: '1001',
    password: 'secret',
    server: { address: '10.0.0.9', port: 5060 },
  });
  for (const expiresS of [180, 180, 0]) {
    const answered = phone.register(expiresS);
    await clock.advance(100);
    expect((await answered).statusCode).toBe(200);
  }
  bench.expectLadder(`
    phone > server REGISTER
    server > phone 401 REGISTER
    phone > server REGISTER
    server > phone 200 REGISTER
    phone > server REGISTER
    server > phone 401 REGISTER
    phone > server REGISTER
    server > phone 200 REGISTER
    phone > server REGISTER
    server > phone 401 REGISTER
    phone > server REGISTER
    server > phone 200 REGISTER
  `);
  const callId = bench.wire[0]?.message.callId;
  const contact = '<sip:1001@10.0.0.3:5060>';
  expect(seen).toEqual([`${contact} 180 3 ${callId}`, `${contact} 180 5 ${callId}`, `${contact} 0 7 ${callId}`]);
  await phone.close();
  await bench.expectNothingLeft();
});

test('RFC 3665 §2.3 a wrong password is refused once, without a second try', async () => {
  const bench = new UaBench();
  const server = await bench.agent('server', '10.0.0.9');
  challenge(bench, server, 'secret', 401);
  const { clock, random, network } = bench;
  const phone = await FakePhone.start({
    clock,
    random,
    network: network.host('10.0.0.3'),
    address: '10.0.0.3',
    user: '1001',
    password: 'guess',
    server: { address: '10.0.0.9', port: 5060 },
  });
  server.ua.handle('REGISTER', (transaction) => server.ua.respond(transaction, 200));
  const answered = phone.register();
  await clock.advance(100);
  expect((await answered).statusCode).toBe(401);
  expect(bench.sent('REGISTER')).toHaveLength(2);
  await phone.close();
  await bench.expectNothingLeft();
});

test('RFC 3665 §3.1 a call is set up and the called side hangs up', async () => {
  const { bench, alice, bob } = await pair();
  const call = alice.call(bob);
  expect(call.state).toBe('calling');
  await bench.clock.advance(100);
  expect(call.state).toBe('early');
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(100);
  expect([call.state, bob.session.state]).toEqual(['confirmed', 'confirmed']);
  expect(bob.session.offer).toEqual(OFFER);
  bob.session.end({ headers: [['Reason', 'Q.850;cause=16;text="bye"']] });
  expect(bob.session.state).toBe('ending');
  await bench.clock.advance(100);
  bench.expectLadder(`
      0 alice > bob INVITE
      1 bob > alice 180 INVITE
    100 bob > alice 200 INVITE
    101 alice > bob ACK
    200 bob > alice BYE
    201 alice > bob 200 BYE
  `);
  expect(alice.heard).toEqual(['progress 180', 'answered v=0 answer', 'ended remote bye']);
  expect(alice.ends[0]?.reason).toEqual([{ protocol: 'Q.850', cause: 16, text: 'bye' }]);
  expect(bob.heard).toEqual(['confirmed null', 'ended local bye']);
  expect([call.state, bob.session.state]).toEqual(['ended', 'ended']);
  const [ok] = bench.sent('200 INVITE');
  expect(ok?.headers.get('Contact')).toBe('<sip:bob@10.0.0.2:5060>');
  expect(ok?.headers.get('Allow')).toBe('INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK');
  await bench.expectNothingLeft();
});

test('RFC 3665 §3.1 the calling side may hang up as well, and hanging up twice does nothing more', async () => {
  const { bench, alice, bob } = await pair();
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const call = alice.call(bob);
  await bench.clock.advance(100);
  call.end();
  call.end();
  await bench.clock.advance(100);
  expect(bench.ladder().slice(3)).toEqual(['alice > bob BYE', 'bob > alice 200 BYE']);
  expect([...alice.heard, ...bob.heard]).toEqual([
    'answered v=0 answer',
    'ended local bye',
    'confirmed null',
    'ended remote bye',
  ]);
  await bench.expectNothingLeft();
});

test('RFC 3665 §3.3 an INVITE challenged with 407 is repeated once with credentials, its ACK carries them too', async () => {
  const { bench, alice, bob } = await pair();
  challenge(bench, bob, 'secret', 407);
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  alice.call(bob, { credentials: { username: 'alice', password: 'secret' } });
  await bench.clock.advance(100);
  bench.expectLadder(`
    alice > bob INVITE
    bob > alice 407 INVITE
    alice > bob ACK
    alice > bob INVITE
    bob > alice 200 INVITE
    alice > bob ACK
  `);
  const [first, second] = bench.sent('INVITE');
  expect(second?.callId).toBe(first?.callId);
  expect(second!.cseq.sequence).toBe(first!.cseq.sequence + 1);
  const ack = bench.sent('ACK')[1];
  expect(ack?.headers.get('Proxy-Authorization')).toBe(second?.headers.get('Proxy-Authorization'));
  expect(ack?.headers.get('Proxy-Authorization')).toContain('algorithm=SHA-256');
  alice.ua.close();
  await bench.clock.advance(100);
  expect(alice.heard.at(-1)).toBe('ended local closed');
  expect(bob.heard.at(-1)).toBe('ended remote bye');
  await bench.expectNothingLeft();
});

test('RFC 3261 §22.2 wrong credentials end the attempt once, with the second 407', async () => {
  const { bench, alice, bob } = await pair();
  challenge(bench, bob, 'secret', 407);
  alice.call(bob, { credentials: { username: 'alice', password: 'guess' } });
  await bench.clock.advance(100);
  expect(bench.sent('INVITE')).toHaveLength(2);
  expect(alice.heard).toEqual(['ended remote rejected 407']);
  await bench.expectNothingLeft();
});

test('RFC 3665 §3.7 a re-INVITE moves the remote target and the description', async () => {
  const { bench, alice, bob } = await pair();
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const call = alice.call(bob);
  await bench.clock.advance(100);
  const outcome = bob.session.reinvite(Buffer.from('v=0 hold'));
  await bench.clock.advance(100);
  expect(await outcome).toEqual({ ok: true, body: ANSWER });
  expect(alice.heard).toEqual(['answered v=0 answer', 'offer v=0 hold']);
  expect(bench.ladder().slice(3)).toEqual(['bob > alice INVITE', 'alice > bob 200 INVITE', 'bob > alice ACK']);
  expect(bench.sent('INVITE')[1]?.headers.get('Contact')).toBe('<sip:bob@10.0.0.2:5060>');
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3665 §3.8 an unanswered call is cancelled', async () => {
  const { bench, alice, bob } = await pair();
  const call = alice.call(bob);
  await bench.clock.advance(100);
  call.end({ headers: [['Reason', 'SIP;cause=487']] });
  expect(call.state).toBe('ending');
  await bench.clock.advance(100);
  bench.expectLadder(`
      0 alice > bob INVITE
      1 bob > alice 180 INVITE
    100 alice > bob CANCEL
    101 bob > alice 200 CANCEL
    101 bob > alice 487 INVITE
    102 alice > bob ACK
  `);
  expect(alice.heard).toEqual(['progress 180', 'ended local cancelled 487']);
  expect(bob.heard).toEqual(['ended remote cancelled 487']);
  expect(bob.ends[0]?.reason).toEqual([{ protocol: 'SIP', cause: 487 }]);
  await bench.expectNothingLeft();
});

test('RFC 3665 §3.9 a busy phone ends the attempt with 486', async () => {
  const { bench, alice, bob } = await pair();
  bob.onInvite = (session) => session.end();
  alice.call(bob);
  await bench.clock.advance(100);
  bench.expectLadder(`
    0 alice > bob INVITE
    1 bob > alice 486 INVITE
    2 alice > bob ACK
  `);
  expect(alice.heard).toEqual(['ended remote rejected 486']);
  expect(bob.heard).toEqual(['ended local rejected 486']);
  await bench.expectNothingLeft();
});

test('RFC 3665 §3.10 a host that is not there ends the attempt after Timer B', async () => {
  const { bench, alice } = await pair();
  alice.call([{ kind: 'udp', address: '10.0.0.77', port: 5060 }]);
  await bench.clock.advance(31_999);
  expect(alice.heard).toEqual([]);
  await bench.clock.advance(2);
  expect(bench.sent('INVITE')).toHaveLength(7);
  expect(alice.heard).toEqual(['ended local no-response']);
  expect(alice.ends[0]).toMatchObject({ statusCode: null, by: 'local' });
  await bench.expectNothingLeft();
});

test('RFC 3264 §4 an INVITE without an offer gets ours in the 200 and brings the answer in its ACK', async () => {
  const { bench, alice, bob } = await pair();
  alice.handlers = { onAnswered: ({ body }) => Buffer.from(`answer to ${body}`) };
  bob.onInvite = (session) => {
    expect(session.offer).toBeNull();
    session.accept({ body: Buffer.from('v=0 late') });
  };
  const call = alice.call(bob, { body: null });
  await bench.clock.advance(100);
  expect(bob.heard).toEqual(['confirmed answer to v=0 late']);
  const reoffer = bench.sent('ACK')[0];
  expect(reoffer?.headers.get('Content-Type')).toBe('application/sdp');
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §13.2.2.4 an offer in the 2xx that nobody answers is acknowledged and the session ended', async () => {
  const { bench, alice, bob } = await pair();
  bob.onInvite = (session) => session.accept({ body: OFFER });
  alice.call(bob, { body: null });
  await bench.clock.advance(100);
  expect(bench.ladder().slice(2)).toEqual(['alice > bob ACK', 'alice > bob BYE', 'bob > alice 200 BYE']);
  expect(alice.heard).toEqual(['answered v=0 offer', 'ended local rejected 488']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §13.2.1 bodies of provisional responses are handed up with their early dialog', async () => {
  const { bench, alice, bob } = await pair();
  bob.onInvite = (session) => session.progress(183, { body: Buffer.from('v=0 early') });
  alice.call(bob).end();
  const call = alice.call(bob);
  await bench.clock.advance(100);
  expect(alice.heard).toContain('progress 183 v=0 early');
  const response = bench.sent('183 INVITE')[0]!;
  expect(response.to.params.get('tag')).toMatch(/^[0-9a-f]+$/);
  const read = contacts(response);
  expect(read.ok && read.value.values.length).toBe(1);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §14 a phone holds and resumes; each offer is answered in turn', async () => {
  const bench = new UaBench();
  const { clock, random, network } = bench;
  const phoneAt = (address: string, server: string) =>
    FakePhone.start({
      clock,
      random,
      network: network.host(address),
      address,
      user: address,
      server: { address: server, port: 5060 },
      onInvite: 'answer',
    });
  const one = await phoneAt('10.0.0.3', '10.0.0.4');
  const two = await phoneAt('10.0.0.4', '10.0.0.3');
  const call = await one.dial('two');
  await clock.advance(100);
  expect(call.log).toEqual(['answered']);
  for (const again of [() => call.hold(), () => call.resume()]) {
    const done = again();
    await clock.advance(100);
    expect((await done).ok).toBe(true);
  }
  expect(two.call?.log).toEqual(['confirmed', 'reinvite', 'reinvite']);
  expect(two.call?.remote.map((sdp) => /a=(send|recv)\w+/.exec(sdp)?.[0])).toEqual([
    'a=sendrecv',
    'a=sendonly',
    'a=sendrecv',
  ]);
  call.hangUp();
  await clock.advance(100);
  expect(two.call?.ended?.cause).toBe('bye');
  await Promise.all([one.close(), two.close()]);
  await bench.expectNothingLeft();
});
