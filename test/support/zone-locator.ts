import { type Clock, delay } from '../../base/clock.js';
import type { LocateOptions, Locator } from '../../sip/resolve/locator.js';
import { ResolveError } from '../../sip/resolve/resolve-error.js';
import type { Target } from '../../sip/transport/transport.js';

/** Finds what the test wrote down: hosts and their servers, or why there are none. */
export class ZoneLocator implements Locator {
  readonly hosts = new Map<string, readonly Target[] | ResolveError>();
  /** How long each search takes. */
  delayMs = 0;
  /** Of each search. */
  readonly asked: string[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** UDP servers at port 5060. */
  udp(host: string, ...addresses: string[]): this {
    return this.set(
      host,
      addresses.map((address) => ({ kind: 'udp', address, port: 5060, serverName: host })),
    );
  }

  set(host: string, targets: readonly Target[] | ResolveError): this {
    this.hosts.set(host, targets);
    return this;
  }

  /** A service is a host of the zone. */
  locateService: NonNullable<Locator['locateService']> = ({ name }, options) => this.#find(name, options);

  locate: Locator['locate'] = ({ host }, options) => this.#find(host, options);

  async #find(host: string, { signal }: LocateOptions = {}): Promise<readonly Target[]> {
    this.asked.push(host);
    if (this.delayMs > 0) {
      await delay(this.#clock, this.delayMs, signal).catch(() => {
        throw new ResolveError(host, 'aborted');
      });
    }
    const found = this.hosts.get(host) ?? [];
    if (found instanceof ResolveError) throw found;
    return found;
  }
}
