import { delay } from '../base/clock.js';
import { createUserAgent, nameAddr, sipUri } from '../sip/index.js';

/**
 * Sends INVITEs (ended by BYE as soon as they are answered) or OPTIONS at a rate and counts what comes back.
 * `node dist/examples/load-generator.js sip:service@127.0.0.1:5060 INVITE 100 1000`: 100 a second, 1000 in all.
 */
const [to = 'sip:service@127.0.0.1:5060', method = 'OPTIONS', rate = '100', total = '1000'] = process.argv.slice(2);
const uri = sipUri(to);
const from = nameAddr(sipUri('sip:load@hookline.invalid'));
const offer = Buffer.from(
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n',
);
const ua = createUserAgent();
const { clock } = ua;
await ua.start();

const outcomes = new Map<string, number>();
let slowestMs = 0;
function count(outcome: string, sinceMs: number): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  slowestMs = Math.max(slowestMs, clock.nowMs() - sinceMs);
}

function invite(): Promise<void> {
  const sinceMs = clock.nowMs();
  return new Promise((resolve) => {
    const branches = [{ requestUri: uri }];
    const call = ua.invite(
      { branches, from, to: nameAddr(uri), contactUser: 'load', body: offer },
      {
        onAnswered: () => {
          count('200', sinceMs);
          call.end();
        },
        onEnded: ({ cause, statusCode }) => {
          if (statusCode !== null || cause !== 'bye') count(String(statusCode ?? cause), sinceMs);
          resolve();
        },
      },
    );
  });
}

async function request(): Promise<void> {
  const sinceMs = clock.nowMs();
  const { statusCode } = await ua.request({ method, uri, from });
  count(String(statusCode), sinceMs);
}

const startedMs = clock.nowMs();
const sent: Promise<void>[] = [];
for (let index = 0; index < Number(total); index += 1) {
  sent.push(method === 'INVITE' ? invite() : request());
  await delay(clock, Math.max(0, startedMs + ((index + 1) * 1000) / Number(rate) - clock.nowMs()));
}
await Promise.all(sent);
for (const [outcome, times] of outcomes) console.log(`${method} ${outcome}: ${times}`);
console.log(`${sent.length} in ${Math.round(clock.nowMs() - startedMs)} ms, the slowest ${Math.round(slowestMs)} ms`);
await ua.close();
