import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The openssl program, its files in a folder of their own, and a certificate authority. */
export class OpenSsl {
  readonly #folder = mkdtempSync(join(tmpdir(), 'openssl-'));

  constructor() {
    const subject = ['-subj', '/CN=Test CA', '-days', '30', '-nodes'];
    this.run(['req', '-x509', '-newkey', 'rsa:2048', '-keyout', 'ca.key', '-out', 'ca.pem', ...subject]);
  }

  run(args: readonly string[]): Buffer {
    return execFileSync('openssl', args, { cwd: this.#folder, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  write(name: string, data: string | Buffer): void {
    writeFileSync(join(this.#folder, name), data);
  }

  read(name: string): Buffer {
    return readFileSync(join(this.#folder, name));
  }

  text(name: string): string {
    return this.read(name).toString();
  }

  /** A key and a certificate with that subjectAltName, signed by the authority: `name.key` and `name.pem`. */
  issue(
    name: string,
    altName: string,
    key: readonly string[] = ['rsa:2048'],
  ): { certificate: string; privateKey: string } {
    this.write(`${name}.ext`, `subjectAltName=${altName}\n`);
    const request = ['-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`, '-nodes'];
    this.run(['req', '-newkey', ...key, ...request]);
    const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '10'];
    this.run(['x509', '-req', '-in', `${name}.csr`, ...authority, '-extfile', `${name}.ext`, '-out', `${name}.pem`]);
    return { certificate: this.text(`${name}.pem`), privateKey: this.text(`${name}.key`) };
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Whether there is an openssl to run. */
export function hasOpenSsl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
