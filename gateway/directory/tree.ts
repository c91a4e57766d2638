import type { DomainName } from './domain-name.js';
import { DirectoryUsers } from './users.js';

/** What was pushed about a domain. */
export interface DirectoryDomain {
  readonly name: string;
  /** Base URL without a trailing slash; null: nobody hears of it. */
  readonly control: string | null;
  /** What a called user gets where there is no control server. */
  readonly routing: 'bridge' | 'redirect';
  readonly users: DirectoryUsers;
}

interface Node {
  readonly label: string;
  readonly parent: Node | null;
  readonly children: Map<string, Node>;
  /** Null for a name that only leads to others. */
  domain: DirectoryDomain | null;
}

/** One node as its readers see it. */
export interface TreeNode {
  readonly domain: DirectoryDomain | null;
  /** The labels right below. */
  readonly labels: readonly string[];
}

/**
 * Domains by their labels, from the top: `pbx.example.com` lies below `example` below `com`. A name that leads to
 * another one is known without having been pushed. Holds what its owner puts in.
 */
export class DomainTree {
  readonly #root: Node = { label: '', parent: null, children: new Map(), domain: null };
  #size = 0;

  /** Domains that were pushed. */
  get size(): number {
    return this.#size;
  }

  /** Null for an unknown name. */
  find(name: DomainName): TreeNode | null {
    const node = this.#nodeOf(name);
    return node === null ? null : { domain: node.domain, labels: [...node.children.keys()] };
  }

  top(): string[] {
    return [...this.#root.children.keys()];
  }

  /** Puts the domain in the place of what was pushed under its name; what lies below stays. */
  set({ labels }: DomainName, domain: DirectoryDomain): void {
    let node = this.#root;
    for (const label of labels) {
      let child = node.children.get(label);
      if (child === undefined) {
        child = { label, parent: node, children: new Map(), domain: null };
        node.children.set(label, child);
      }
      node = child;
    }
    if (node.domain === null) this.#size += 1;
    node.domain = domain;
  }

  /**
   * Removes the name with everything below it, and then those above it that are left without users and children.
   * @returns what was pushed of all these; null for an unknown name
   */
  remove(name: DomainName): DirectoryDomain[] | null {
    const node = this.#nodeOf(name);
    if (node === null) return null;
    const gone: DirectoryDomain[] = [];
    collect(node, gone);
    let { label, parent } = node;
    while (parent !== null) {
      parent.children.delete(label);
      if (parent.parent === null || parent.children.size > 0 || (parent.domain?.users.size ?? 0) > 0) break;
      if (parent.domain !== null) gone.push(parent.domain);
      label = parent.label;
      parent = parent.parent;
    }
    this.#size -= gone.length;
    return gone;
  }

  #nodeOf({ labels }: DomainName): Node | null {
    let node: Node | undefined = this.#root;
    for (const label of labels) {
      node = node.children.get(label);
      if (node === undefined) return null;
    }
    return node;
  }
}

/** At most as deep as a name has labels. */
function collect(node: Node, found: DirectoryDomain[]): void {
  if (node.domain !== null) found.push(node.domain);
  for (const child of node.children.values()) collect(child, found);
}

/** A name that has been pushed with nothing but its users to come. */
export function emptyDomain(name: string): DirectoryDomain {
  return { name, control: null, routing: 'bridge', users: new DirectoryUsers() };
}
