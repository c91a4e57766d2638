import { createRealClock } from '../../../base/clock.js';
import { silentLogger } from '../../../base/log.js';
import { createRealNetwork } from '../../../base/network.js';
import { createRealRandom } from '../../../base/random.js';
import type { TlsCertificate } from '../../../base/tls.js';
import { createRealWebSockets } from '../../../base/web-socket-network.js';
import {
  DigestAuthenticator,
  DigestRegistrarAuth,
  ha1,
  MemoryBindingStore,
  Messages,
  messageSummaryPackage,
  nameAddr,
  parseUri,
  Registrar,
  Subscriptions,
  serializeUri,
  sipUri,
  TlsCertificates,
  TransportLayer,
  targetOf,
  UserAgent,
  wssTransport,
  wsTransport,
} from '../../../sip/index.js';

const HOST = '127.0.0.1';
const REALM = 'messages.test';

/**
 * A SIP server out of the library alone: a registrar with digest (the password is the name), mailboxes to subscribe
 * to, and an answering machine for MESSAGE, on WS and WSS.
 */
export class MessageServer {
  readonly domain = HOST;
  readonly #layer: TransportLayer;
  readonly #ua: UserAgent;
  readonly #mailboxes: Subscriptions;
  readonly store: MemoryBindingStore;

  constructor(certificate: TlsCertificate, origin: string) {
    const [clock, random] = [createRealClock(), createRealRandom()];
    const options = { webSockets: createRealWebSockets(), allowedOrigins: [origin] };
    const certificates = new TlsCertificates([certificate]);
    this.#layer = new TransportLayer({
      clock,
      random,
      network: createRealNetwork(),
      log: silentLogger,
      isLocalNet: () => true,
      listens: (['ws', 'wss'] as const).map((kind) => ({ kind, address: HOST, port: 0 })),
      transports: [wsTransport(options), wssTransport({ ...options, certificates })],
    });
    const shared = { clock, random, log: silentLogger, transport: this.#layer };
    this.#ua = new UserAgent({ ...shared, userAgent: 'server', nat: 'auto', isPrivate: () => true });
    const { context } = this.#ua;
    this.store = new MemoryBindingStore({ clock });
    const auth = new DigestRegistrarAuth(context, {
      digest: new DigestAuthenticator({ clock, random }),
      realm: REALM,
      ha1: (user, algorithm) => ha1(algorithm, user, REALM, user),
    });
    this.#ua.use(new Registrar(context, { store: this.store, authenticate: auth.authenticate }));
    const messages: Messages = new Messages(context, {
      onMessage: ({ from, flow, body }) => {
        const uri = from.uri;
        const reply = { uri, target: targetOf(flow), from: nameAddr(sipUri({ user: 'echo', host: HOST })) };
        void messages.send({ ...reply, body: `you said ${body}` });
        return undefined;
      },
    });
    this.#ua.use(messages);
    this.#mailboxes = new Subscriptions(context, {
      packages: [{ package: messageSummaryPackage }],
      onSubscribe: () => ({ status: 'active' }),
    });
    this.#ua.use(this.#mailboxes);
  }

  async start(): Promise<void> {
    await this.#ua.start();
  }

  url(kind: 'ws' | 'wss'): string {
    const port = this.#layer.listening.find((each) => each.kind === kind)?.port;
    return `${kind}://${HOST}:${port}/`;
  }

  /** So many new messages wait for the user, and whoever watches is told. */
  leave(user: string, newMessages: number): void {
    const state = { waiting: newMessages > 0, counts: { voice: { newMessages, oldMessages: 0 } } };
    const uri = parseUri(`sip:${user}@${HOST}`);
    if (uri.ok) this.#mailboxes.notify(messageSummaryPackage, serializeUri(uri.value), state);
  }

  close(): Promise<void> {
    return this.#ua.close();
  }
}
