import { contacts } from '../headers.js';
import type { SipResponse } from '../message.js';
import type { Params } from '../params.js';
import { serializeUri } from '../uri.js';
import { aimedAt, type CallHistory, historyHeaders, leftBy, mechanismIn } from './call-history.js';
import { checkWritten } from './checked-options.js';
import type { UaContext } from './context.js';
import type { Branch, InviteOptions } from './types.js';

/** Branches that one attempt may grow to by 3xx; further Contacts are ignored, `branchesIgnored`. */
const MAX_BRANCHES = 20;

/**
 * Where an attempt goes, in its order: contacts of one q in parallel, lower ones after all higher ones have failed (RFC
 * 3261 §16.6), those of a 3xx before what else is still to be tried, and no place twice. Tells each its history
 * (RFC 7044) where that is wanted. Throws an UnwritableError for a URI that cannot be written.
 */
export class AttemptTargets {
  readonly #context: UaContext;
  readonly #groups: Branch[][];
  readonly #tried = new Set<string>();
  /** Of every contact, where History-Info is wanted. */
  readonly #histories = new Map<Branch, CallHistory>();
  #started = 0;

  constructor(context: UaContext, { branches, history }: Pick<InviteOptions, 'branches' | 'history'>) {
    this.#context = context;
    for (const { requestUri } of branches) checkWritten({ uri: requestUri });
    this.#groups = groupsOf(branches);
    if (history === undefined) return;
    for (const branch of branches) this.#histories.set(branch, aimedAt(history, branch.requestUri));
  }

  /** The contacts to try now; null when there are no more. */
  next(): readonly Branch[] | null {
    return this.#groups.shift() ?? null;
  }

  /** Nobody else is to be tried. */
  clear(): void {
    this.#groups.length = 0;
  }

  /** The contact as it is called: with its History-Info. */
  starting(branch: Branch): Branch {
    this.#started += 1;
    this.#tried.add(serializeUri(branch.requestUri));
    const history = this.#histories.get(branch);
    if (history === undefined) return branch;
    const called = { ...branch, headers: [...(branch.headers ?? []), ...historyHeaders(history)] };
    this.#histories.set(called, history);
    return called;
  }

  /**
   * RFC 3261 §8.1.3.4: the contacts to try now because the called one answered with a 3xx; lower ones come with `next`.
   * Those that nothing leads to are left out.
   */
  redirected(called: Branch, response: SipResponse): readonly Branch[] {
    if (response.statusCode >= 400) return [];
    const read = contacts(response);
    if (!read.ok) return [];
    const known = this.#histories.get(called);
    const history = known && leftBy(known, response);
    const found: Branch[] = [];
    const waiting = this.#groups.reduce((sum, group) => sum + group.length, 0);
    for (const { uri, params } of read.value.values) {
      const text = serializeUri(uri);
      if (this.#tried.has(text) || !this.#context.canReach(uri)) continue;
      if (this.#started + waiting + found.length >= MAX_BRANCHES) {
        this.#context.counters.branchesIgnored += 1;
        continue;
      }
      this.#tried.add(text);
      const branch: Branch = { requestUri: uri, q: qOf(params) };
      found.push(branch);
      if (history) this.#histories.set(branch, aimedAt(history, uri, found.length, mechanismIn(params, history)));
    }
    const [first = [], ...others] = groupsOf(found);
    this.#groups.unshift(...others);
    return first;
  }
}

/** RFC 3261 §20.10; 1 where it says nothing that can be read. */
function qOf(params: Params): number {
  const q = Number(params.get('q') ?? '1');
  return Number.isFinite(q) ? Math.min(1, Math.max(0, q)) : 1;
}

/** By q, highest first. */
function groupsOf(branches: readonly Branch[]): Branch[][] {
  const groups = new Map<number, Branch[]>();
  for (const branch of branches) {
    const q = branch.q ?? 1;
    const group = groups.get(q);
    if (group === undefined) groups.set(q, [branch]);
    else group.push(branch);
  }
  return [...groups].sort(([a], [b]) => b - a).map(([, group]) => group);
}
