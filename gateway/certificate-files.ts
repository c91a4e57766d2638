import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Clock, Timer } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { TlsCertificate } from '../base/tls.js';
import { TlsCertificates } from '../sip/index.js';
import type { TlsFiles } from './config.js';

export interface CertificateFilesOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** As the start found them. */
  readonly files: TlsFiles;
  /** Returns a file's text or throws. */
  readonly readFile: (file: string) => string;
}

/** How often the files are looked at. */
const LOOK_MS = 10_000;

/**
 * The certificate of the listeners, read again when its files change. A pair that does not fit together, as while
 * the two files are being replaced one after the other, is left alone until it does. Contents are compared, not
 * times: a link that is moved to another directory is a change too.
 */
export class CertificateFiles {
  /** For the transports. */
  readonly certificates: TlsCertificates;
  readonly #options: CertificateFilesOptions;
  /** What was refused last, so that it is told once. */
  #refused: TlsCertificate | null = null;
  #timer: Timer | null = null;

  /** Throws when certificate and key do not fit together. */
  constructor(options: CertificateFilesOptions) {
    const { cert, key } = options.files;
    this.#options = options;
    const first = { cert: cert.text, key: key.text };
    expiryOf(first);
    this.certificates = new TlsCertificates([first]);
    this.#look();
  }

  /** Reads the files now. */
  reload(): void {
    const { files, log, readFile } = this.#options;
    let next: TlsCertificate | null = null;
    try {
      next = { cert: readFile(files.cert.path), key: readFile(files.key.path) };
      if (same(next, this.certificates.current[0] ?? null) || same(next, this.#refused)) return;
      const expiresAt = expiryOf(next);
      this.certificates.replace([next]);
      this.#refused = null;
      log.info('certificate.loaded', { file: files.cert.path, expiresAt });
    } catch (error) {
      if (next === null || !same(next, this.#refused))
        log.warn('certificate.refused', { file: files.cert.path, error });
      this.#refused = next;
    }
  }

  /** Looks no more; may be called twice. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #look(): void {
    this.#timer = this.#options.clock.setTimer(LOOK_MS, () => {
      this.#look();
      this.reload();
    });
  }
}

function same(a: TlsCertificate, b: TlsCertificate | null): boolean {
  return b !== null && a.cert === b.cert && a.key === b.key;
}

/** When it ends, as the certificate writes it; throws when the key is another's, or either cannot be read. */
function expiryOf({ cert, key }: TlsCertificate): string {
  const certificate = new X509Certificate(cert);
  if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error('the key is not that of the certificate');
  return certificate.validTo;
}
