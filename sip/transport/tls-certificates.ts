import type { TlsCertificate } from '../../base/tls.js';

/**
 * The certificates of one or several transports, which can be changed while they run: handshakes from then on use the
 * new ones, open connections stay.
 */
export class TlsCertificates {
  #current: readonly TlsCertificate[];
  readonly #users = new Set<(certificates: readonly TlsCertificate[]) => void>();

  /** @param certificates at least one; the first is shown to who asks for no name that we have, and to servers */
  constructor(certificates: readonly [TlsCertificate, ...TlsCertificate[]]) {
    this.#current = certificates;
  }

  get current(): readonly TlsCertificate[] {
    return this.#current;
  }

  /** Throws a CertificateError when they cannot be used; then the old ones stay. */
  replace(certificates: readonly [TlsCertificate, ...TlsCertificate[]]): void {
    for (const use of this.#users) use(certificates);
    this.#current = certificates;
  }

  /** Calls `use` at each change until the function that it returns is called. What `use` throws refuses the change. */
  subscribe(use: (certificates: readonly TlsCertificate[]) => void): () => void {
    this.#users.add(use);
    return () => this.#users.delete(use);
  }
}
