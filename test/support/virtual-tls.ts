import type { Clock } from '../../base/clock.js';
import type { ConnectOptions, Network, SocketAddress, TcpConnection, TcpHandlers } from '../../base/network.js';
import { type AltName, parseSubjectAltName } from '../../base/subject-alt-name.js';
import {
  CertificateError,
  chooseByName,
  HandshakeGate,
  type PeerCertificate,
  type TlsCertificate,
  type TlsClientOptions,
  type TlsConnection,
  type TlsListener,
  type TlsServerOptions,
  tlsServerDefaults,
} from '../../base/tls.js';

/** A certificate of the virtual network: what a real one says, without the mathematics. */
export interface VirtualCertificate {
  /** As node:crypto writes it (`DNS:a.example, URI:sip:a.example`); absent without the extension. */
  readonly subjectAltName?: string;
  readonly commonName?: string;
  /** The authority's name; who trusts it has the name in its `ca`. `root` unless told. */
  readonly issuer?: string;
  /** By the wall clock; for ever unless told. */
  readonly notAfterMs?: number;
}

export function virtualCertificate(certificate: VirtualCertificate): TlsCertificate {
  return { cert: JSON.stringify(certificate), key: 'key' };
}

/** What the two sides say before the connection is theirs, a line of JSON each. */
type Hello = { readonly serverName: string | null; readonly protocols: readonly string[] };
type Shown = { readonly cert: string; readonly asks: boolean; readonly protocol: string | null };
type Finished = { readonly cert: string | null };

function read(cert: string): VirtualCertificate {
  try {
    return JSON.parse(cert) as VirtualCertificate;
  } catch (cause) {
    throw new CertificateError('the certificate or its key cannot be used', { cause });
  }
}

function namesOf(certificate: TlsCertificate): readonly string[] {
  const { subjectAltName, commonName = '' } = read(certificate.cert);
  if (certificate.serverNames !== undefined) return certificate.serverNames.map((name) => name.toLowerCase());
  if (subjectAltName === undefined) return [commonName.toLowerCase()];
  const names: readonly AltName[] = parseSubjectAltName(subjectAltName) ?? [];
  return names.map(({ value }) => value.toLowerCase().replace(/^sip:/, ''));
}

/** OpenSSL's word for what is wrong with a chain, or null. */
function chainFault(cert: string, ca: readonly string[] = [], clock: Clock): string | null {
  const { issuer = 'root', notAfterMs = Number.POSITIVE_INFINITY } = read(cert);
  if (!ca.includes(issuer)) return 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';
  return clock.epochMs() > notAfterMs ? 'CERT_HAS_EXPIRED' : null;
}

function peerCertificate(cert: string, isTrusted: boolean): PeerCertificate {
  const { subjectAltName, commonName = null } = read(cert);
  const altNames = subjectAltName === undefined ? null : (parseSubjectAltName(subjectAltName) ?? []);
  return { altNames, commonName, fingerprint: cert, isTrusted };
}

class VirtualTlsConnection implements TlsConnection {
  readonly peerCertificate: PeerCertificate | null;
  readonly serverName: string | null;
  readonly protocol: string | null;
  readonly #connection: TcpConnection;

  constructor(
    connection: TcpConnection,
    agreed: {
      readonly peer: PeerCertificate | null;
      readonly serverName: string | null;
      readonly protocol: string | null;
    },
  ) {
    this.#connection = connection;
    this.peerCertificate = agreed.peer;
    this.serverName = agreed.serverName;
    this.protocol = agreed.protocol;
  }

  get local(): SocketAddress {
    return this.#connection.local;
  }

  get remote(): SocketAddress {
    return this.#connection.remote;
  }

  get queuedBytes(): number {
    return this.#connection.queuedBytes;
  }

  write(data: Uint8Array): void {
    this.#connection.write(data);
  }

  end(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }
}

/** Cuts lines until the handshake is over, then hands on what comes. */
class Handshaking implements TcpHandlers {
  onLine: (line: string) => void = () => undefined;
  onEnd: () => void = () => undefined;
  #handlers: TcpHandlers | null = null;
  #held = Buffer.alloc(0);

  become(handlers: TcpHandlers): void {
    this.#handlers = handlers;
    if (this.#held.length > 0) handlers.onData(this.#held);
    this.#held = Buffer.alloc(0);
  }

  onData(data: Buffer): void {
    if (this.#handlers !== null) {
      this.#handlers.onData(data);
      return;
    }
    this.#held = Buffer.concat([this.#held, data]);
    const at = this.#held.indexOf(10);
    if (at < 0) return;
    const line = this.#held.subarray(0, at).toString();
    this.#held = this.#held.subarray(at + 1);
    this.onLine(line);
  }

  onClose(error: Error | null): void {
    if (this.#handlers === null) this.onEnd();
    else this.#handlers.onClose(error);
  }
}

function parseLine<T>(line: string): T | null {
  try {
    return JSON.parse(line) as T;
  } catch {
    return null;
  }
}

function say(connection: TcpConnection, what: Hello | Shown | Finished): void {
  connection.write(Buffer.from(`${JSON.stringify(what)}\n`));
}

/** The twin of `listenTls` over a virtual network's TCP. */
export async function listenVirtualTls(
  { network, clock }: { readonly network: Pick<Network, 'listenTcp'>; readonly clock: Clock },
  local: SocketAddress,
  options: TlsServerOptions,
  accept: (connection: TlsConnection) => TcpHandlers,
): Promise<TlsListener> {
  const named = (certificates: readonly TlsCertificate[]) => {
    if (certificates.length === 0) throw new CertificateError('a TLS listener needs a certificate');
    return certificates.map((certificate) => ({ names: namesOf(certificate), certificate }));
  };
  let shown = named(options.certificates);
  const gate = new HandshakeGate(options);
  const { clientCertificate = 'none', protocols = [] } = options;
  const shake = (connection: TcpConnection): TcpHandlers => {
    const handshake = new Handshaking();
    const { address } = connection.remote;
    if (!gate.enter(address)) {
      options.onHandshakeFailed?.('too-many', address);
      connection.destroy();
      return handshake;
    }
    let isOver = false;
    const over = (failure: 'timeout' | 'failed' | null): void => {
      if (isOver) return;
      isOver = true;
      timer.cancel();
      gate.leave(address);
      if (failure === null) return;
      options.onHandshakeFailed?.(failure, address);
      connection.destroy();
    };
    const limitMs = options.handshakeTimeoutMs ?? tlsServerDefaults.handshakeTimeoutMs;
    const timer = clock.setTimer(limitMs, () => over('timeout'));
    handshake.onEnd = () => over('failed');
    handshake.onLine = (first) => {
      const hello = parseLine<Hello>(first);
      const protocol = protocols.find((name) => hello?.protocols.includes(name)) ?? null;
      if (hello === null || (hello.protocols.length > 0 && protocols.length > 0 && protocol === null)) {
        over('failed');
        return;
      }
      const { certificate } = chooseByName(shown, hello.serverName ?? '')!;
      say(connection, { cert: certificate.cert, asks: clientCertificate !== 'none', protocol });
      handshake.onLine = (second) => {
        const cert = parseLine<Finished>(second)?.cert ?? null;
        const isTrusted = cert !== null && chainFault(cert, options.ca, clock) === null;
        if (clientCertificate === 'require' && !isTrusted) {
          over('failed');
          return;
        }
        over(null);
        const peer = cert === null ? null : peerCertificate(cert, isTrusted);
        const { serverName } = hello;
        handshake.become(accept(new VirtualTlsConnection(connection, { peer, serverName, protocol })));
      };
    };
    return handshake;
  };
  const listener = await network.listenTcp(local, shake);
  return {
    local: listener.local,
    close: () => listener.close(),
    setCertificates: (certificates) => {
      shown = named(certificates);
    },
  };
}

/** The twin of `connectTls`. */
export async function connectVirtualTls(
  { network, clock }: { readonly network: Pick<Network, 'connectTcp'>; readonly clock: Clock },
  remote: SocketAddress,
  handlers: TcpHandlers,
  options: TlsClientOptions & ConnectOptions,
): Promise<TlsConnection> {
  const handshake = new Handshaking();
  const connection = await network.connectTcp(remote, handshake, options);
  return new Promise((resolve, reject) => {
    const settle = (error: Error): void => {
      timer.cancel();
      connection.destroy();
      reject(error);
    };
    const timer = clock.setTimer(options.timeoutMs ?? 4000, () => settle(new Error('no handshake in time')));
    options.signal?.addEventListener('abort', () => settle(new Error('the attempt was given up')), { once: true });
    handshake.onEnd = () => settle(new Error('the connection closed during the handshake'));
    handshake.onLine = (line) => {
      const shown = parseLine<Shown>(line);
      if (shown === null) return settle(new Error('not TLS'));
      const fault = options.checkChain === false ? null : chainFault(shown.cert, options.ca, clock);
      if (fault !== null) return settle(Object.assign(new Error(fault), { code: fault }));
      timer.cancel();
      say(connection, { cert: shown.asks ? (options.certificate?.cert ?? null) : null });
      handshake.become(handlers);
      const { serverName = null } = options;
      const peer = peerCertificate(shown.cert, true);
      resolve(new VirtualTlsConnection(connection, { peer, serverName, protocol: shown.protocol }));
    };
    say(connection, { serverName: options.serverName ?? null, protocols: options.protocols ?? [] });
  });
}
