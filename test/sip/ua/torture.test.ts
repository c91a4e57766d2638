import { describe, expect, test } from 'vitest';
import { MemoryBindingStore } from '../../../sip/ua/binding-memory.js';
import { Registrar } from '../../../sip/ua/registrar.js';
import { tortureMessages } from '../../fixtures/rfc4475/messages.js';
import { ipv6TortureMessages } from '../../fixtures/rfc5118/messages.js';
import { ANSWER, UaBench } from '../../support/ua-bench.js';
import { wire } from '../../support/wire.js';

/** A user agent that accepts every call and is a registrar, and a socket that sends it whatever bytes. */
async function desk() {
  const bench = new UaBench();
  const bob = await bench.agent('bob', '10.0.0.2');
  const store = new MemoryBindingStore({ clock: bench.clock });
  bob.ua.use(new Registrar(bob.ua.context, { store }));
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const answers: string[] = [];
  bench.network.filter = ({ from, data }) => {
    if (from.address === bob.address) answers.push(data.toString());
    return true;
  };
  const stranger = await bench.network
    .host('10.0.0.9')
    .bindUdp({ address: '10.0.0.9', port: 5060 }, { onMessage: () => undefined, onError: () => undefined });
  const send = async (bytes: Buffer): Promise<readonly string[]> => {
    stranger.send(bytes, 0, bytes.length, 5060, bob.address);
    await bench.clock.advance(10);
    return answers;
  };
  const finish = async (): Promise<void> => {
    await bench.clock.advance(70_000);
    store.close();
    await bench.expectNothingLeft();
    expect(bob.ua.transactions.counters.userFailures).toBe(0);
  };
  return { bench, bob, send, finish };
}

/**
 * The first line of what a user agent server answers, null for nothing. Where RFC 4475 leaves a choice: baddate is
 * taken as if it had no Date, inv2543 is refused for its missing Contact, without which we could never call back.
 */
const verdicts: Readonly<Record<string, string | null>> = {
  wsinv: '481 Call/Transaction Does Not Exist',
  intmeth: '405 Method Not Allowed',
  esc01: '200 OK',
  escnull: '200 OK',
  esc02: '405 Method Not Allowed',
  lwsdisp: '200 OK',
  longreq: '200 OK',
  dblreq: '200 OK',
  semiuri: '200 OK',
  transports: '200 OK',
  mpart01: '405 Method Not Allowed',
  unreason: null,
  noreason: null,
  badinv01: '400 Bad Request (bad-via)',
  clerr: '400 Bad Request (short-body)',
  ncl: '400 Bad Request (bad-content-length)',
  scalar02: '400 Bad Request (bad-cseq)',
  scalarlg: null,
  quotbal: '400 Bad Request (bad-to)',
  ltgtruri: '400 Bad Request (bad-request-uri)',
  lwsruri: '400 Bad Request (bad-start-line)',
  lwsstart: '400 Bad Request (bad-start-line)',
  trws: '400 Bad Request (bad-start-line)',
  escruri: '400 Bad Request (bad-request-uri)',
  baddate: '200 OK',
  regbadct: '400 Bad Contact',
  badaspec: '400 Bad Request (bad-to)',
  baddn: '400 Bad Request (bad-from)',
  badvers: '505 Version Not Supported',
  mismatch01: '400 Bad Request (method-mismatch)',
  mismatch02: '400 Bad Request (method-mismatch)',
  bigcode: null,
  badbranch: '200 OK',
  insuf: '400 Bad Request (missing-from)',
  unkscm: '416 Unsupported URI Scheme',
  novelsc: '416 Unsupported URI Scheme',
  unksm2: '404 To Names No User',
  bext01: '420 Bad Extension',
  invut: '415 Unsupported Media Type',
  regaut01: '200 OK',
  multi01: '400 Bad Request (duplicate-header)',
  mcl01: '400 Bad Request (duplicate-header)',
  bcast: null,
  zeromf: '200 OK',
  cparam01: '200 OK',
  cparam02: '200 OK',
  regescrt: '200 OK',
  sdp01: '406 Not Acceptable',
  inv2543: '400 Missing Contact',
  'ipv6-good': '200 OK',
  'ipv6-bad': '400 Bad Request (bad-request-uri)',
  'port-ambiguous': '200 OK',
  'port-unambiguous': '200 OK',
  'via-received-param-with-delim': '481 Call/Transaction Does Not Exist',
  'via-received-param-no-delim': '200 OK',
  'ipv6-in-sdp': '200 OK',
  'mult-ip-in-header': '481 Call/Transaction Does Not Exist',
  'mult-ip-in-sdp': '200 OK',
  'ipv4-mapped-ipv6': '200 OK',
  'ipv6-bug-abnf-3-colons': '200 OK',
  'ipv6-correct-abnf-2-colons': '200 OK',
};

async function verdictOn(bytes: Buffer): Promise<string | null> {
  const { send, finish } = await desk();
  const [first] = await send(bytes);
  await finish();
  return first === undefined ? null : first.slice('SIP/2.0 '.length, first.indexOf('\r\n'));
}

test.each(tortureMessages)('RFC 4475 §$section $name as a user agent answers it', async ({ name, bytes }) => {
  expect(await verdictOn(bytes)).toBe(verdicts[name]);
});

test.each(ipv6TortureMessages)('RFC 5118 §$section $name as a user agent answers it', async ({ name, bytes }) => {
  expect(await verdictOn(bytes)).toBe(verdicts[name]);
});

test('RFC 4475 §3.1, §3.3 all of them, one after another, at one user agent', async () => {
  const { bob, send, finish } = await desk();
  for (const { bytes } of [...tortureMessages, ...ipv6TortureMessages]) await send(bytes);
  const { malformed, malformedAnswered, misroutedResponses } = bob.transport.counters;
  // Not answered: the two responses among them.
  expect({ malformed, malformedAnswered, misroutedResponses }).toEqual({
    malformed: 21,
    malformedAnswered: 19,
    misroutedResponses: 3,
  });
  await finish();
});

describe('RFC 4475 §3.3.1 what a 400 gives back of a request that could not be read', () => {
  const answerTo = async (text: string): Promise<string | undefined> => {
    const { send, finish } = await desk();
    const [first] = await send(wire(text));
    await finish();
    return first;
  };

  test('RFC 4475 §3.3.1 insuf has neither From, To nor Call-ID: the answer has none', async () => {
    const { send, finish } = await desk();
    const { bytes } = tortureMessages.find(({ name }) => name === 'insuf')!;
    expect((await send(bytes))[0]).toBe(
      'SIP/2.0 400 Bad Request (missing-from)\r\n' +
        'Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf;received=10.0.0.9\r\n' +
        'CSeq: 193942 INVITE\r\nContent-Length: 0\r\n\r\n',
    );
    await finish();
  });

  test('RFC 3261 §8.2.6.2 fields come back as they were, folds as one space, the To with a tag when it can take one', async () => {
    const answer = await answerTo(`
INVITE sip:bob@10.0.0.2 SIP/2.0
v: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1;rport, SIP/2.0/UDP below;branch=z9hG4bK0
Via: SIP/2.0/UDP bottom;;
f: <sip:alice@example.com
  >;tag=1
TO: "Bob" <sip:bob@example.com>
CSeq: 99999999999 INVITE
Call-ID: a
Call-ID: b`);
    expect(answer?.split('\r\n')).toEqual([
      'SIP/2.0 400 Bad Request (bad-via)',
      'Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1;rport=5060;received=10.0.0.9',
      'Via: SIP/2.0/UDP below;branch=z9hG4bK0',
      'Via: SIP/2.0/UDP bottom;;',
      'From: <sip:alice@example.com >;tag=1',
      'To: "Bob" <sip:bob@example.com>;tag=bad-via',
      'CSeq: 99999999999 INVITE',
      'Call-ID: a',
      'Content-Length: 0',
      '',
      '',
    ]);
  });

  test.each([
    ['an ACK', 'ACK sip:b@h SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nCSeq: 1 ACK'],
    ['a response', 'SIP/2.0 200 OK\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nCSeq: 1 INVITE'],
    ['one whose top Via names no host', 'OPTIONS sip:b@h SIP/2.0\nVia: SIP/2.0/UDP ;branch=z9hG4bK1\nCSeq: 1 OPTIONS'],
    ['one without Via', 'OPTIONS sip:b@h SIP/2.0\nCSeq: 1 OPTIONS'],
    ['one with a smuggled line end', 'OPTIONS sip:b@h SIP/2.0\nVia: SIP/2.0/UDP h\nCSeq: 1 OP\rTIONS'],
    ['what is no SIP', 'GET / HTTP/1.1\nVia: SIP/2.0/UDP h'],
  ])('RFC 3261 §17.1.1.3, §18.2.2 %s is not answered', async (_, text) => {
    expect(await answerTo(text)).toBeUndefined();
  });

  test('RFC 4475 §3.2.1 a branch that is the bare cookie identifies nothing: other requests have it too', async () => {
    const { send, finish } = await desk();
    const options = (callId: string): Buffer =>
      wire(`
OPTIONS sip:bob@10.0.0.2 SIP/2.0
Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK
From: <sip:a@h>;tag=1
To: <sip:b@h>
Call-ID: ${callId}
CSeq: 1 OPTIONS`);
    await send(options('first'));
    const answers = await send(options('second'));
    expect(answers.map((answer) => /Call-ID: (\w+)/.exec(answer)?.[1])).toEqual(['first', 'second']);
    await finish();
  });
});
