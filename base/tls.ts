import { AppError } from './errors.js';
import type { TcpConnection, TcpListener } from './network.js';
import type { AltName } from './subject-alt-name.js';

/** What a server shows or a client answers with, in PEM. */
export interface TlsCertificate {
  /** The chain, our own certificate first. */
  readonly cert: string;
  readonly key: string;
  readonly passphrase?: string | undefined;
  /** The names a client asks for to see this one; those of the certificate unless told. */
  readonly serverNames?: readonly string[] | undefined;
}

/** The certificate of a peer, its chain checked unless `isTrusted` says otherwise. */
export interface PeerCertificate {
  /** Empty when the extension is there and holds nothing that could be read; null without it. */
  readonly altNames: readonly AltName[] | null;
  /** Null when the subject has none, or several. */
  readonly commonName: string | null;
  /** SHA-256 in colon-separated hex. */
  readonly fingerprint: string;
  /** False when a client's certificate was only asked for, and its chain leads to no authority we trust. */
  readonly isTrusted: boolean;
}

export interface TlsConnection extends TcpConnection {
  /** Null when it showed none. */
  readonly peerCertificate: PeerCertificate | null;
  /** The name that was asked for (SNI), in lower case. */
  readonly serverName: string | null;
  /** RFC 7301; null when none was agreed on. */
  readonly protocol: string | null;
}

/** Why a handshake did not become a connection. */
export type HandshakeFailure = 'too-many' | 'timeout' | 'failed';

export interface TlsServerOptions {
  /** At least one; the first is shown to who asks for no name, or for one that we do not have. */
  readonly certificates: readonly TlsCertificate[];
  /** `request` takes a client without a certificate, or with one that cannot be checked. `none` unless told. */
  readonly clientCertificate?: 'none' | 'request' | 'require' | undefined;
  /** The authorities of client certificates, in PEM; the system's unless told. */
  readonly ca?: readonly string[] | undefined;
  /** RFC 7301; a client that offers none is taken too, one that offers only others is refused. */
  readonly protocols?: readonly string[] | undefined;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /** From the accepted connection to the end of the handshake; 10 000 unless told. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** Handshakes under way at once, in all and from one address; a newcomer is dropped. 500 and 50 unless told. */
  readonly maxHandshakes?: number | undefined;
  readonly maxHandshakesPerAddress?: number | undefined;
  readonly onHandshakeFailed?: ((failure: HandshakeFailure, address: string) => void) | undefined;
}

export interface TlsClientOptions {
  /** Sent as SNI. The caller judges the certificate's names; the chain is checked here. */
  readonly serverName?: string | undefined;
  /** The authorities of server certificates, in PEM; the system's unless told. */
  readonly ca?: readonly string[] | undefined;
  /** For a server that asks. */
  readonly certificate?: TlsCertificate | undefined;
  readonly protocols?: readonly string[] | undefined;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /** False takes any certificate; true unless told. */
  readonly checkChain?: boolean | undefined;
}

export interface TlsListener extends TcpListener {
  /** For handshakes from now on; open connections stay. Throws a CertificateError and keeps the old ones. */
  setCertificates(certificates: readonly TlsCertificate[]): void;
}

/** A certificate or key that cannot be used; the `cause` is OpenSSL's word. */
export class CertificateError extends AppError {
  readonly code = 'BAD_CERTIFICATE';
}

export const tlsServerDefaults = {
  handshakeTimeoutMs: 10_000,
  maxHandshakes: 500,
  maxHandshakesPerAddress: 50,
  minVersion: 'TLSv1.2',
} as const;

/**
 * Which certificate a client sees that asked for this name: the first one of exactly this name, else the first that
 * has a wildcard for it, else the first of all. Names are lower-case.
 */
export function chooseByName<T extends { readonly names: readonly string[] }>(
  candidates: readonly T[],
  serverName: string,
): T | undefined {
  const name = serverName.toLowerCase();
  const wildcard = `*.${name.slice(name.indexOf('.') + 1)}`;
  return (
    candidates.find(({ names }) => names.includes(name)) ??
    candidates.find(({ names }) => names.includes(wildcard)) ??
    candidates[0]
  );
}

/** Handshakes under way, by address; who comes over the limits is not let in. */
export class HandshakeGate {
  readonly #max: number;
  readonly #maxPerAddress: number;
  readonly #from = new Map<string, number>();
  #inside = 0;

  constructor(options: Pick<TlsServerOptions, 'maxHandshakes' | 'maxHandshakesPerAddress'>) {
    this.#max = options.maxHandshakes ?? tlsServerDefaults.maxHandshakes;
    this.#maxPerAddress = options.maxHandshakesPerAddress ?? tlsServerDefaults.maxHandshakesPerAddress;
  }

  enter(address: string): boolean {
    const from = this.#from.get(address) ?? 0;
    if (this.#inside >= this.#max || from >= this.#maxPerAddress) return false;
    this.#inside += 1;
    this.#from.set(address, from + 1);
    return true;
  }

  leave(address: string): void {
    this.#inside -= 1;
    const left = (this.#from.get(address) ?? 1) - 1;
    if (left > 0) this.#from.set(address, left);
    else this.#from.delete(address);
  }
}
