import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baresip, type BaresipOptions } from './baresip.js';
import { Gateway } from './gateway.js';
import { Linphone, type LinphoneOptions } from './linphone.js';

/** One gateway and the peers around it, in a temporary folder; `close` ends and removes all of it. */
export class Stage {
  readonly directory = mkdtempSync(join(tmpdir(), 'hookline-interop-'));
  readonly #closers: (() => Promise<unknown>)[] = [];

  async gateway(...args: readonly string[]): Promise<Gateway> {
    const gateway = await Gateway.start(join(this.directory, 'data'), args);
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
