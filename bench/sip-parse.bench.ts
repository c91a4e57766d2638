/**
 * What one SIP message costs: parsing a typical INVITE and REGISTER, writing an answer, one digest check; and what a
 * kept Call-ID holds on to. CPU time.
 * Run: npm run build && node --expose-gc dist/bench/sip-parse.bench.js
 */

import { createRealClock } from '../base/clock.js';
import { createRealRandom } from '../base/random.js';
import { DigestAuthenticator } from '../sip/auth/challenge.js';
import { ha1, parseAuthorization, verifyResponse } from '../sip/auth/digest.js';
import { createResponse } from '../sip/build.js';
import type { SipRequest } from '../sip/message.js';
import { parseMessage } from '../sip/parse/message.js';
import { serializeMessage } from '../sip/serialize.js';

const ROUNDS = 200_000;

function measure(name: string, round: (index: number) => void): void {
  for (let i = 0; i < ROUNDS; i += 1) round(i);
  const before = process.cpuUsage();
  for (let i = 0; i < ROUNDS; i += 1) round(i);
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${name.padEnd(30)}${((user + system) / ROUNDS).toFixed(2).padStart(7)} µs\n`);
}

const via = 'Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKPj7f3a9c2e5d\r\n';
const ends = 'From: "Alice" <sip:1001@192.0.2.1>;tag=8f3c21d9a7\r\nTo: <sip:9000@192.0.2.1>\r\n';
const rest =
  'Call-ID: 3c26700c2d8e4b0f9e21@192.0.2.10\r\nCSeq: 4711 INVITE\r\nContact: <sip:1001@192.0.2.10:5060;ob>\r\n' +
  'Max-Forwards: 70\r\nAllow: PRACK, INVITE, ACK, BYE, CANCEL, UPDATE, INFO, SUBSCRIBE, NOTIFY, REFER, MESSAGE, OPTIONS\r\n' +
  'Supported: replaces, 100rel, timer, norefersub\r\nSession-Expires: 1800\r\nMin-SE: 90\r\nUser-Agent: Phone 5.2\r\n';
const sdp =
  `v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\n`.repeat(
    2,
  );
const body = `Content-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`;
const invite = Buffer.from(`INVITE sip:9000@192.0.2.1 SIP/2.0\r\n${via}${ends}${rest}${body}`);
const credentials =
  'Digest username="1001", realm="r", nonce="0a1b2c3d4e5f60718293a4b5c6d7e8f9", uri="sip:192.0.2.1", ' +
  'response="b246f4460439f36d5aa176d0cfccd9d2", algorithm=MD5, qop=auth, nc=00000001, cnonce="f00dcafe"';
const register = Buffer.from(
  `REGISTER sip:192.0.2.1 SIP/2.0\r\n${via}${ends}${rest.replace('INVITE', 'REGISTER')}Authorization: ${credentials}\r\nContent-Length: 0\r\n\r\n`,
);
const parsed = parseMessage(invite);
const request = (parsed.ok ? parsed.value : null) as SipRequest;
const answer = createResponse(request, 200, { toTag: '1234567890', headers: [['Contact', '<sip:192.0.2.1>']] });
const secret = ha1('MD5', '1001', 'r', '1001');
const authenticator = new DigestAuthenticator({ clock: createRealClock(), random: createRealRandom() });

measure(`parse INVITE, ${invite.length} bytes`, () => void parseMessage(invite));
measure(`parse REGISTER, ${register.length} bytes`, () => void parseMessage(register));
measure('build and write a 200', () => void serializeMessage(createResponse(request, 200, { toTag: '1234567890' })));
measure('write a 200', () => void serializeMessage(answer));
measure('challenge', () => void authenticator.challenge('r'));
measure('read and verify credentials', () => {
  const read = parseAuthorization(credentials);
  if (read.ok) verifyResponse(read.value, secret, 'REGISTER');
});

const kept: string[] = [];
globalThis.gc?.();
const before = process.memoryUsage().heapUsed;
for (let i = 0; i < 50_000; i += 1) {
  const message = parseMessage(Buffer.from(invite));
  if (message.ok) kept.push(message.value.callId);
}
globalThis.gc?.();
const bytesEach = (process.memoryUsage().heapUsed - before) / kept.length;
process.stdout.write(`heap per kept Call-ID${bytesEach.toFixed(0).padStart(15)} B\n`);
