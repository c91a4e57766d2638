import type { Clock, Timer } from '../../base/clock.js';
import type { Report } from './callbacks.js';
import type { ServerReply } from './http.js';
import { reasonOf } from './json-client.js';

export interface DirectoryUser {
  readonly username: string;
  readonly secret: string;
}

/** Domains a script may push; one more is a TypeError there. */
const MAX_DOMAINS = 100_000;
/** A SIP server that is started after the script gets its directory within a second or so of being there. */
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5000;
const TRIES = 60;

interface Push {
  readonly users: readonly DirectoryUser[];
  tries: number;
  timer: Timer | null;
}

export interface DirectoryDeps {
  readonly clock: Clock;
  readonly report: Report;
  send(path: string, body: unknown): Promise<ServerReply>;
  /** Our own address, where the domain's events go. */
  readonly url: () => string;
}

/**
 * Tells the SIP server whose calls are ours. A push that finds no server is repeated, for five minutes at most; one that
 * is refused is reported. Limit: 100 000 domains.
 */
export class Directory {
  readonly #deps: DirectoryDeps;
  readonly #pushes = new Map<string, Push>();
  #isClosed = false;

  constructor(deps: DirectoryDeps) {
    this.#deps = deps;
  }

  /** The domain pushed first: that of calls which name none. */
  get first(): string {
    const [domain] = this.#pushes.keys();
    return domain ?? '';
  }

  /** Throws a TypeError for what cannot be pushed. */
  push(domain: string, users: readonly DirectoryUser[]): void {
    if (typeof domain !== 'string' || domain === '') throw new TypeError('directory: the domain has to be a name');
    if (!Array.isArray(users)) throw new TypeError('directory: the users have to be a list');
    const earlier = this.#pushes.get(domain);
    if (earlier === undefined && this.#pushes.size >= MAX_DOMAINS) throw new TypeError('directory: too many domains');
    earlier?.timer?.cancel();
    const push: Push = { users: [...users], tries: 0, timer: null };
    this.#pushes.set(domain, push);
    void this.#send(domain, push);
  }

  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#pushes.values()) timer?.cancel();
  }

  async #send(domain: string, push: Push): Promise<void> {
    const { clock, report, send, url } = this.#deps;
    push.tries += 1;
    const reply = await send(`/dir/${encodeURIComponent(domain)}`, { control: url(), users: push.users });
    const isCurrent = this.#pushes.get(domain) === push && !this.#isClosed;
    if (!isCurrent || (reply.answered && reply.code < 300)) return;
    const why = `directory ${domain}: ${reply.code} ${reasonOf(reply)}`;
    if (reply.answered || push.tries >= TRIES) return report(why);
    if (push.tries === 1) report(`${why}; trying again`);
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (push.tries - 1));
    push.timer = clock.setTimer(waitMs, () => void this.#send(domain, push));
  }
}
