import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { sipUri } from '../../sip/index.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/gateway-process.js';
import { description, LOOPBACK, RealAgent } from '../support/real-agent.js';
import { requirePeers } from './support/peers.js';
import { Stage } from './support/stage.js';

let stage: Stage;
let bob: RealAgent;

beforeAll(async () => {
  requirePeers('sipp');
  stage = new Stage();
  const port = await freePort(LOOPBACK);
  const listens = (['udp', 'tcp'] as const).map((kind) => ({ kind, address: LOOPBACK, port }));
  bob = await RealAgent.start('bob', { listens });
  stage.onClose(() => bob.ua.close());
});

afterAll(() => stage.close());

beforeEach(() => {
  bob.heard.length = 0;
});

function sipp(scenario: string, transport: 'udp' | 'tcp') {
  const { address, port } = bob.at('udp');
  return stage.sipp({ gateway: { address: `${address}:${port}` }, scenario, transport });
}

test.each(['udp', 'tcp'] as const)(
  'RFC 3262 §5 sipp calls over %s without an offer: ours in a reliable 183, its answer in the PRACK',
  async (transport) => {
    const early: string[] = [];
    bob.ua.onInvite((session) => {
      session.progress(183, { reliable: 'required', body: description });
      session.accept({ body: description });
      return {
        onEarlyAnswer: (body) => early.push(body.toString()),
        onConfirmed: () => bob.heard.push('confirmed'),
        onEnded: ({ by, cause }) => bob.heard.push(`ended ${by} ${cause}`),
      };
    });
    const caller = await sipp('prack-answers', transport);
    await caller.finished();
    expect(early).toEqual([expect.stringContaining('m=audio')]);
    await eventually('the end', () => bob.heard.length === 2);
    expect(bob.heard).toEqual(['confirmed', 'ended remote bye']);
  },
);

/** The system's own list, so that sipp sees no connection that is none. */
function listensOnTcp(port: number): boolean {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`;
  return readFileSync('/proc/net/tcp', 'utf8').includes(local);
}

test.each(['udp', 'tcp'] as const)(
  'RFC 3262 §5 sipp over %s answers in a reliable 183, and our PRACK brings the next offer',
  async (transport) => {
    const callee = await sipp('prack-answered', transport);
    // An INVITE over UDP is repeated until sipp is there; a refused connection is the end of the call.
    await eventually('sipp listens', () => transport === 'udp' || listensOnTcp(callee.port));
    const second = Buffer.concat([description, Buffer.from('a=second\r\n')]);
    const answers: string[] = [];
    const call = bob.callUri(
      sipUri({ user: '3001', host: LOOPBACK, port: callee.port, params: { transport } }),
      {},
      {
        onProgress: ({ offer }) => {
          void offer?.(second).then((result) => answers.push(result.ok ? result.body.toString() : '?'));
        },
      },
    );
    await eventually('an answer', () => call.state === 'confirmed');
    call.end();
    await callee.finished();
    expect(answers).toEqual([expect.stringContaining('o=sipp 1 2 ')]);
  },
);
