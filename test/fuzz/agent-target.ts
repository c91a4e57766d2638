import { silentLogger } from '../../base/log.js';
import { tagOf } from '../../sip/header-values.js';
import { type Presence, presencePackage } from '../../sip/packages/presence.js';
import { parseMessage } from '../../sip/parse/message.js';
import { TransportLayer } from '../../sip/transport/layer.js';
import { MemoryBindingStore } from '../../sip/ua/binding-memory.js';
import { EventStateCompositor } from '../../sip/ua/event-state-compositor.js';
import { Messages } from '../../sip/ua/message.js';
import { Referrals } from '../../sip/ua/referrals.js';
import { Registrar } from '../../sip/ua/registrar.js';
import { Subscriptions } from '../../sip/ua/subscriptions.js';
import type { IncomingSession, SessionHandlers } from '../../sip/ua/types.js';
import { UserAgent } from '../../sip/ua/user-agent.js';
import { tortureMessages } from '../fixtures/rfc4475/messages.js';
import { ipv6TortureMessages } from '../fixtures/rfc5118/messages.js';
import { ManualClock } from '../support/manual-clock.js';
import { createSeededRandom } from '../support/seeded-random.js';
import { VirtualNetwork } from '../support/virtual-network.js';
import { type FuzzTarget, must } from './target.js';

const ADDRESS = '10.0.0.2';
/** Stands between two datagrams of one input. */
const BETWEEN = '\x1e';
/** Stands for the To tag of the agent's last answer, so that an input can go on in a dialog. */
const TAG = 'THETAG';
const MAX_DATAGRAMS = 16;
/** Longer than any transaction, subscription of a minute or registration of two lasts. */
const LONG_MS = 8_000_000;

function datagram(method: string, more: string, toTag = '', sequence = 1): string {
  const head = `${method} sip:bob@${ADDRESS} SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK${method}${sequence}\r\nMax-Forwards: 70\r\nFrom: <sip:a@h>;tag=f\r\nTo: <sip:bob@h>${toTag}\r\nCall-ID: c\r\nCSeq: ${sequence} ${method}\r\nContact: <sip:a@10.0.0.9>\r\n`;
  return `${head}${more}\r\n`;
}

const tagged = `;tag=${TAG}`;
const pidf =
  '<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:a@h"><tuple id="t"><status><basic>open</basic></status></tuple></presence>';
const withBody = (type: string, body: string): string =>
  `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const sdp = withBody('application/sdp', 'v=0\r\n');

const flows: readonly (readonly string[])[] = [
  [
    datagram('INVITE', sdp),
    datagram('ACK', '', tagged),
    datagram('INVITE', sdp, tagged, 2),
    datagram('ACK', '', tagged, 2),
    datagram('UPDATE', sdp, tagged, 3),
    datagram('BYE', '', tagged, 4),
  ],
  [
    datagram('INVITE', `Supported: timer, 100rel\r\nSession-Expires: 90;refresher=uac\r\n${sdp}`),
    datagram('INFO', withBody('application/dtmf-relay', 'Signal=1\r\n'), tagged, 2),
    datagram('PRACK', 'RAck: 1 1 INVITE\r\n', tagged, 3),
  ],
  [datagram('INVITE', 'Replaces: c;to-tag=x;from-tag=y\r\nRequire: replaces\r\n'), datagram('CANCEL', '')],
  [
    datagram('INVITE', sdp),
    datagram('ACK', '', tagged),
    datagram('REFER', 'Refer-To: <sip:x@h?Replaces=a>\r\nReferred-By: <sip:a@h>\r\n', tagged, 2),
  ],
  [
    datagram('REGISTER', 'Expires: 120\r\nSupported: path, outbound, gruu\r\nPath: <sip:p;lr>\r\n'),
    datagram('REGISTER', 'Expires: 0\r\n', '', 2),
  ],
  [
    datagram('SUBSCRIBE', 'Event: presence\r\nExpires: 60\r\nAccept: application/pidf+xml\r\n'),
    datagram('SUBSCRIBE', 'Event: presence\r\nExpires: 0\r\n', tagged, 2),
  ],
  [
    datagram('PUBLISH', `Event: presence\r\nExpires: 60\r\n${withBody('application/pidf+xml', pidf)}`),
    datagram('PUBLISH', 'Event: presence\r\nSIP-If-Match: x\r\n', '', 2),
  ],
  [
    datagram('MESSAGE', withBody('text/plain', 'hi')),
    datagram('OPTIONS', '', '', 2),
    datagram('NOTIFY', 'Event: presence\r\nSubscription-State: active\r\n', ';tag=x', 3),
  ],
];

/** An agent that says yes to everything, with every usage that strangers reach. */
async function agent() {
  const clock = new ManualClock();
  const random = createSeededRandom(7);
  const network = new VirtualNetwork({ clock, random });
  const errors: string[] = [];
  const log = {
    ...silentLogger,
    error: (event: string, fields?: object) => errors.push(`${event} ${JSON.stringify(fields)}`),
  };
  const listens = [{ kind: 'udp' as const, address: ADDRESS, port: 5060 }];
  const transport = new TransportLayer({
    clock,
    random,
    network: network.host(ADDRESS),
    log,
    isLocalNet: () => true,
    listens,
  });
  const ua = new UserAgent({ clock, random, log, transport, userAgent: 'fuzzed', nat: 'auto', isPrivate: () => false });
  const store = new MemoryBindingStore({ clock });
  ua.use(new Registrar(ua.context, { store }));
  const served = [{ package: presencePackage }];
  const subscriptions = new Subscriptions(ua.context, { packages: served, onSubscribe: () => ({ status: 'active' }) });
  ua.use(subscriptions);
  ua.use(new Referrals(subscriptions, { onRefer: () => ({ status: 'accepted' }) }));
  ua.use(new Messages(ua.context, { onMessage: () => undefined }));
  const compositor = new EventStateCompositor(ua.context, {
    packages: [presencePackage],
    onPublish: () => ({ status: 'accepted' }),
    onChanged: (_name, resource, [first]) => {
      if (first !== undefined) subscriptions.notify(presencePackage, resource, first.state as Presence);
    },
  });
  ua.use(compositor);
  const sessions: IncomingSession[] = [];
  ua.onInvite((session) => {
    sessions.push(session);
    session.accept({ body: Buffer.from('v=0\r\n') });
    const handlers: SessionHandlers = {
      onAnswered: () => undefined,
      onEnded: () => undefined,
      onOffer: (_offer, reply) => reply.accept(Buffer.from('v=0\r\n')),
    };
    return handlers;
  });
  await ua.start();
  return { clock, network, ua, store, errors, sessions };
}

/** A running agent survives every datagram, says nothing to the error log, and forgets it all in time. */
export const agentTarget: FuzzTarget = {
  name: 'agent',
  seeds: () => [
    ...flows.map((flow) => Buffer.from(flow.join(BETWEEN), 'latin1')),
    ...[...tortureMessages, ...ipv6TortureMessages].map(({ bytes }) => bytes),
  ],
  async run(data) {
    const { clock, network, ua, store, errors, sessions } = await agent();
    let tag = 'none';
    const stranger = await network.host('10.0.0.9').bindUdp(
      { address: '10.0.0.9', port: 5060 },
      {
        onMessage: (bytes) => {
          const heard = parseMessage(Buffer.from(bytes));
          must(heard.ok || heard.fault !== 'bad-header', 'what the agent says can be read');
          if (heard.ok && heard.value.kind === 'response') tag = tagOf(heard.value.to) ?? tag;
        },
        onError: () => undefined,
      },
    );
    for (const text of data.toString('latin1').split(BETWEEN, MAX_DATAGRAMS)) {
      const bytes = Buffer.from(text.replaceAll(TAG, tag), 'latin1');
      stranger.send(bytes, 0, bytes.length, 5060, ADDRESS);
      await clock.advance(5);
    }
    // An acknowledged call without a session timer lasts until somebody hangs up.
    await clock.advance(100_000);
    for (const session of sessions) session.end();
    await clock.advance(LONG_MS);
    const left = ua.counts();
    must(left.dialogs + left.sessions + left.transactions === 0, `nothing is left: ${JSON.stringify(left)}`);
    must(ua.transactions.counters.userFailures === 0, `nothing threw: ${errors.join('; ')}`);
    must(errors.length === 0, `no error is logged: ${errors.join('; ')}`);
    store.close();
    await ua.close();
  },
};
