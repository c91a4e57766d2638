import type { TcpListener } from '../../base/network.js';
import type { HandshakeFailure, TlsConnection, TlsServerOptions } from '../../base/tls.js';
import { type StreamConnect, type StreamDialler, StreamTransport } from './stream.js';
import type { TlsCertificates } from './tls-certificates.js';
import { coversName, type IdentityRules, isAddress, sipIdentities } from './tls-identity.js';
import type { SentBy, Target, TransportFactory, TransportHost } from './transport.js';
import { TransportError } from './transport.js';

/** RFC 7301; registered for SIP. */
const PROTOCOL = 'sip';

export interface TlsTransportOptions {
  /** Shown to clients, and to servers that ask. Needed to listen. */
  readonly certificates?: TlsCertificates | undefined;
  /** The authorities of our peers, in PEM; the system's unless told. */
  readonly ca?: readonly string[] | undefined;
  /** RFC 3261 §26.3.1: whether clients have to prove who they are. `none` unless told. */
  readonly clientCertificate?: TlsServerOptions['clientCertificate'];
  /** False takes servers with any certificate: encryption without knowing with whom. True unless told. */
  readonly checkServers?: boolean | undefined;
  readonly identity?: IdentityRules | undefined;
  /** The name our certificate proves, for Via and Contact in place of an address: a peer that dials us asks for it. */
  readonly sentBy?: SentBy | undefined;
  /** `TLSv1.2` unless told. */
  readonly minVersion?: TlsServerOptions['minVersion'];
  /** Limits of handshakes under way; see TlsServerOptions. Counted in `tlsHandshakesRefused` and `…Failed`. */
  readonly handshakeTimeoutMs?: number | undefined;
  readonly maxHandshakes?: number | undefined;
  readonly maxHandshakesPerAddress?: number | undefined;
}

/** SIP over TLS, for TransportLayerOptions.transports: RFC 3261 §18, §26.2; identities by RFC 5922. */
export function tlsTransport(options: TlsTransportOptions = {}): TransportFactory {
  return (host) => new StreamTransport(host, new TlsDialler(host, options));
}

/** What is TLS about a stream: its certificates, and whose they are. */
class TlsDialler implements StreamDialler<TlsConnection> {
  readonly kind = 'tls';
  readonly sentBy: SentBy | undefined;
  readonly #host: TransportHost;
  readonly #options: TlsTransportOptions;
  #listeners = 0;

  constructor(host: TransportHost, options: TlsTransportOptions) {
    this.#host = host;
    this.#options = options;
    this.sentBy = options.sentBy;
  }

  async listen(...[local, accept]: Parameters<StreamDialler<TlsConnection>['listen']>): Promise<TcpListener> {
    const { certificates, ...options } = this.#options;
    if (certificates === undefined) throw new TransportError('no-socket', 'a TLS listener needs a certificate');
    const onHandshakeFailed = (failure: HandshakeFailure): void => {
      if (failure === 'too-many') this.#host.counters.tlsHandshakesRefused += 1;
      else this.#host.counters.tlsHandshakesFailed += 1;
    };
    const { current } = certificates;
    const shared = { ...options, certificates: current, protocols: [PROTOCOL], onHandshakeFailed };
    const listener = await this.#host.network.listenTls(local, shared, accept);
    const unsubscribe = certificates.subscribe((changed) => listener.setCertificates(changed));
    this.#listeners += 1;
    const close = (): Promise<void> => {
      unsubscribe();
      return listener.close();
    };
    return { local: listener.local, close };
  }

  /** RFC 5922 §7.3: a server that is not who was asked for is not talked to. */
  async connect(...[target, handlers, timing]: Parameters<StreamConnect<TlsConnection>>): Promise<TlsConnection> {
    const { address, port } = target;
    const { certificates, ca, minVersion, checkServers = true } = this.#options;
    const name = this.nameFor(target);
    const connection = await this.#host.network.connectTls({ address, port }, handlers, {
      ...timing,
      ca,
      minVersion,
      checkChain: checkServers,
      certificate: certificates?.current[0],
      protocols: [PROTOCOL],
      ...(isAddress(name) ? {} : { serverName: name }),
    });
    if (!checkServers || this.covers(connection, name)) return connection;
    connection.destroy();
    this.#host.counters.tlsIdentitiesRefused += 1;
    throw new TransportError('wrong-peer', `the certificate of ${address}:${port} is not one of ${name}`);
  }

  /** Whom the peer has to be; connections are told apart by it. */
  nameFor({ serverName, address }: Pick<Target, 'serverName' | 'address'>): string {
    return (serverName ?? address).toLowerCase();
  }

  covers({ peerCertificate }: TlsConnection, name: string): boolean {
    return peerCertificate?.isTrusted === true && coversName(peerCertificate, name, this.#options.identity);
  }

  mayAlias({ peerCertificate }: TlsConnection, sentByHost: string): boolean {
    const { identity: { allowWildcards } = {} } = this.#options;
    return peerCertificate?.isTrusted === true && coversName(peerCertificate, sentByHost, { allowWildcards });
  }

  identitiesOf({ peerCertificate }: TlsConnection): readonly string[] {
    return peerCertificate?.isTrusted === true ? sipIdentities(peerCertificate) : [];
  }

  /** RFC 5923 §8.1: who can be called back over this connection has a certificate to show and is listening. */
  get offersAlias(): boolean {
    return this.#listeners > 0 && this.#options.certificates !== undefined;
  }
}
