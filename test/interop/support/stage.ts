import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baresip, type BaresipOptions } from './baresip.js';
import { Gateway } from './gateway.js';
import { Linphone, type LinphoneOptions } from './linphone.js';
import { Sipp, type SippOptions } from './sipp.js';

/** Gateways and the peers around them, in a temporary folder; `close` ends and removes all of it. */
export class Stage {
  readonly directory = mkdtempSync(join(tmpdir(), 'hookline-interop-'));
  readonly #closers: (() => Promise<unknown>)[] = [];

  #gateways = 0;

  async gateway(...args: readonly string[]): Promise<Gateway> {
    this.#gateways += 1;
    const gateway = await Gateway.start(join(this.directory, `data-${this.#gateways}`), args);
    this.onClose(() => gateway.kill());
    return gateway;
  }

  async baresip(options: Omit<BaresipOptions, 'directory'>): Promise<Baresip> {
    const baresip = await Baresip.start({ ...options, directory: this.directory });
    this.onClose(() => baresip.close());
    return baresip;
  }

  async linphone(options: Omit<LinphoneOptions, 'directory'>): Promise<Linphone> {
    const linphone = await Linphone.start({ ...options, directory: this.directory });
    this.onClose(() => linphone.close());
    return linphone;
  }

  async sipp(options: Omit<SippOptions, 'directory'>): Promise<Sipp> {
    const sipp = await Sipp.start({ ...options, directory: this.directory });
    this.onClose(() => sipp.close());
    return sipp;
  }

  onClose(closer: () => Promise<unknown>): void {
    this.#closers.push(closer);
  }

  /** In reverse order, so that a phone can still unregister. */
  async close(): Promise<void> {
    for (const closer of this.#closers.splice(0).reverse()) await closer();
    if (process.env.KEEP_RECORDINGS === undefined) rmSync(this.directory, { recursive: true, force: true });
    else console.log(`kept: ${this.directory}`);
  }
}
