import { X509Certificate } from 'node:crypto';
import { createServer as createNetServer, type Socket } from 'node:net';
import {
  createSecureContext,
  createServer as createTlsServer,
  type SecureContext,
  type TLSSocket,
  connect as tlsConnect,
} from 'node:tls';
import { createRealClock } from './clock.js';
import type { ConnectOptions, SocketAddress, TcpHandlers } from './network.js';
import { attach, RealTcpConnection } from './network-tcp.js';
import { parseSubjectAltName } from './subject-alt-name.js';
import {
  CertificateError,
  chooseByName,
  type HandshakeFailure,
  HandshakeGate,
  type PeerCertificate,
  type TlsCertificate,
  type TlsClientOptions,
  type TlsConnection,
  type TlsListener,
  type TlsServerOptions,
  tlsServerDefaults,
} from './tls.js';

const clock = createRealClock();

/** Old suites without forward secrecy or authenticated encryption stay out of TLS 1.2. */
const CIPHERS =
  'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20';

class RealTlsConnection extends RealTcpConnection implements TlsConnection {
  readonly peerCertificate: PeerCertificate | null;
  readonly serverName: string | null;
  readonly protocol: string | null;

  constructor(socket: TLSSocket, serverName: string | null) {
    super(socket);
    this.peerCertificate = peerCertificate(socket);
    this.serverName = serverName?.toLowerCase() ?? null;
    this.protocol = typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : null;
  }
}

function peerCertificate(socket: TLSSocket): PeerCertificate | null {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  const { CN } = certificate.toLegacyObject().subject as { readonly CN?: string | string[] };
  const { subjectAltName } = certificate;
  return {
    altNames: subjectAltName === undefined ? null : (parseSubjectAltName(subjectAltName) ?? []),
    commonName: typeof CN === 'string' ? CN : null,
    fingerprint: certificate.fingerprint256,
    isTrusted: socket.authorized,
  };
}

interface Shown {
  readonly names: readonly string[];
  readonly context: SecureContext;
}

/** The names that a certificate is shown for, when its owner does not say: what its SAN, or its CN, names. */
function namesIn(cert: string): readonly string[] {
  const certificate = new X509Certificate(cert);
  const { subjectAltName } = certificate;
  if (subjectAltName === undefined) {
    const { CN } = certificate.toLegacyObject().subject as { readonly CN?: string | string[] };
    return typeof CN === 'string' ? [CN.toLowerCase()] : [];
  }
  const names = parseSubjectAltName(subjectAltName) ?? [];
  return names.flatMap(({ kind, value }) => {
    if (kind === 'dns') return [value.toLowerCase()];
    return kind === 'uri' ? [value.toLowerCase().replace(/^sip:/, '')] : [];
  });
}

function contextOptions(certificate: TlsCertificate | undefined, options: TlsServerOptions | TlsClientOptions) {
  return {
    minVersion: options.minVersion ?? tlsServerDefaults.minVersion,
    ciphers: CIPHERS,
    ...(certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key }),
    ...(certificate?.passphrase === undefined ? {} : { passphrase: certificate.passphrase }),
    ...(options.ca === undefined ? {} : { ca: [...options.ca] }),
  };
}

function shownOf(certificates: readonly TlsCertificate[], options: TlsServerOptions): readonly Shown[] {
  if (certificates.length === 0) throw new CertificateError('a TLS listener needs a certificate');
  try {
    return certificates.map((certificate) => ({
      names: certificate.serverNames?.map((name) => name.toLowerCase()) ?? namesIn(certificate.cert),
      context: createSecureContext(contextOptions(certificate, options)),
    }));
  } catch (cause) {
    throw new CertificateError('the certificate or its key cannot be used', { cause });
  }
}

/**
 * Lets sockets into the handshake, a limited number for a limited time, and says who came out of it. The time is
 * absolute: node:tls counts silence, which a slow sender never lets grow.
 */
class Handshakes {
  readonly #options: TlsServerOptions;
  readonly #gate: HandshakeGate;
  /** The ends of handshakes under way, by the peer's address and port. */
  readonly #underWay = new Map<string, (failure: HandshakeFailure | null) => void>();

  constructor(options: TlsServerOptions) {
    this.#options = options;
    this.#gate = new HandshakeGate(options);
  }

  /** False when the socket was dropped. */
  begin(socket: Socket): boolean {
    const { remoteAddress: address, remotePort } = socket;
    // A peer that resets at once leaves a socket without addresses.
    if (address === undefined || !this.#gate.enter(address)) {
      if (address !== undefined) this.#options.onHandshakeFailed?.('too-many', address);
      socket.destroy();
      return false;
    }
    const key = `${address}|${remotePort}`;
    const timer = clock.setTimer(this.#options.handshakeTimeoutMs ?? tlsServerDefaults.handshakeTimeoutMs, () => {
      end('timeout');
      socket.destroy();
    });
    const end = (failure: HandshakeFailure | null): void => {
      if (this.#underWay.get(key) !== end) return;
      this.#underWay.delete(key);
      timer.cancel();
      this.#gate.leave(address);
      if (failure !== null) this.#options.onHandshakeFailed?.(failure, address);
    };
    this.#underWay.set(key, end);
    socket.on('close', () => end('failed'));
    return true;
  }

  complete(socket: TLSSocket): void {
    this.#underWay.get(`${socket.remoteAddress}|${socket.remotePort}`)?.(null);
  }
}

/**
 * A TLS server on a plain listening socket, whose connections are handed to node:tls once they have been let in.
 */
export async function listenTls(
  local: SocketAddress,
  options: TlsServerOptions,
  accept: (connection: TlsConnection) => TcpHandlers,
): Promise<TlsListener> {
  let shown = shownOf(options.certificates, options);
  const { clientCertificate = 'none' } = options;
  const handshakes = new Handshakes(options);
  const open = new Set<Socket>();
  const tls = createTlsServer({
    ...contextOptions(options.certificates[0]!, options),
    requestCert: clientCertificate !== 'none',
    rejectUnauthorized: clientCertificate === 'require',
    ...(options.protocols === undefined ? {} : { ALPNProtocols: [...options.protocols] }),
    SNICallback: (name, done) => done(null, chooseByName(shown, name)?.context),
  });
  tls.on('secureConnection', (socket) => {
    handshakes.complete(socket);
    if (socket.remoteAddress === undefined) socket.destroy();
    else attach(socket, accept(new RealTlsConnection(socket, socket.servername || null)));
  });
  // The socket is closed already, and Handshakes has heard of it.
  tls.on('tlsClientError', () => undefined);
  const server = createNetServer({ noDelay: true }, (socket) => {
    if (!handshakes.begin(socket)) return;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    tls.emit('connection', socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: local.address, port: local.port, exclusive: true, ipv6Only: true }, resolve);
  });
  server.removeAllListeners('error');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : local.port;
  let closed: Promise<void> | null = null;
  return {
    local: { address: local.address, port },
    setCertificates: (certificates) => {
      shown = shownOf(certificates, options);
      tls.setSecureContext(contextOptions(certificates[0]!, options));
    },
    close: () => {
      closed ??= new Promise((done) => {
        server.close(() => done());
        for (const socket of open) socket.destroy();
      });
      return closed;
    },
  };
}

/** The whole attempt, connection and handshake, has one deadline. */
export function connectTls(
  remote: SocketAddress,
  handlers: TcpHandlers,
  options: TlsClientOptions & ConnectOptions,
): Promise<TlsConnection> {
  const { certificate, serverName, localAddress, protocols } = options;
  const timeoutMs = options.timeoutMs ?? 4000;
  return new Promise((resolve, reject) => {
    let socket: TLSSocket;
    try {
      socket = tlsConnect({
        host: remote.address,
        port: remote.port,
        ...contextOptions(certificate, options),
        rejectUnauthorized: options.checkChain !== false,
        // Whose certificate it may be is the business of the protocol above (RFC 5922 §7).
        checkServerIdentity: () => undefined,
        ...(serverName === undefined ? {} : { servername: serverName }),
        ...(localAddress === undefined ? {} : { localAddress }),
        ...(protocols === undefined ? {} : { ALPNProtocols: [...protocols] }),
      });
    } catch (cause) {
      reject(new CertificateError('the certificate or its key cannot be used', { cause }));
      return;
    }
    const abort = (): void => {
      socket.destroy(new Error('the attempt was given up'));
    };
    const timer = clock.setTimer(timeoutMs, () => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)));
    const settle = (): void => {
      timer.cancel();
      options.signal?.removeEventListener('abort', abort);
    };
    options.signal?.addEventListener('abort', abort, { once: true });
    let failure: Error | null = null;
    socket.on('error', (error) => {
      failure ??= error;
    });
    const ended = (): void => {
      settle();
      reject(failure ?? new Error('the connection closed during the handshake'));
    };
    socket.once('close', ended);
    socket.once('secureConnect', () => {
      settle();
      socket.removeListener('close', ended);
      socket.setNoDelay(true);
      attach(socket, handlers);
      resolve(new RealTlsConnection(socket, serverName ?? null));
    });
  });
}
