import type { CallId } from '../../base/ids.js';
import type { Route } from '../calls/call.js';
import type { Domain } from './domains.js';

/** What a decider is asked about an INVITE (contract 2.4). */
export interface InviteQuestion {
  readonly callId: CallId;
  /** Who decides about the host of the Request-URI; null: the hooks. */
  readonly domain: Domain | null;
  /** User part of the Request-URI; empty where it has none. */
  readonly called: string;
  /** `address:port`, IPv6 in brackets: where the INVITE came from. */
  readonly source: string;
  /** The registered or authenticated user; null for a trunk or an unknown caller. */
  readonly username: string | null;
  readonly fromNumber: string;
  readonly toNumber: string;
  /** Who sends the caller there by a blind transfer; left out: he calls by himself. */
  readonly referredBy?: string;
}

/** One check on the way to an answer: what was looked at and what came out. Kept with the call and with each refusal. */
export interface DecisionStep {
  readonly check: string;
  readonly outcome: string;
  readonly afterMs: number;
}

export interface RouteDecision {
  readonly route: Route;
  readonly trace: readonly DecisionStep[];
}

/** Whose credentials are asked for; `algorithm` is the one the client answered with (RFC 8760). */
export interface CredentialsQuestion {
  /** Of a REGISTER that of the To, of an INVITE that of the Request-URI; null: the hooks. */
  readonly domain: Domain | null;
  readonly username: string;
  readonly realm: string;
  readonly sessionId: string;
  readonly algorithm: 'MD5' | 'SHA-256' | 'SHA-512-256';
}

/** `refused`: the user or its right does not exist, 403. `unavailable`: nobody could say, 503 (or what is configured). */
export type CredentialsDecision =
  | { readonly kind: 'ha1'; readonly ha1: string; readonly trace: readonly DecisionStep[] }
  | { readonly kind: 'refused'; readonly trace: readonly DecisionStep[] }
  | {
      readonly kind: 'unavailable';
      readonly statusCode: number;
      readonly retryAfterS: number | null;
      readonly trace: readonly DecisionStep[];
    };

export interface BindingNews {
  readonly username: string;
  /** By its `name`; null: the hooks' user. */
  readonly domain: string | null;
  readonly realm: string;
  readonly sessionId: string;
}

/**
 * Answers the three questions of the gateway: whose credentials, may it register, where does this INVITE go.
 * Every answer has a deadline of its own; none of them ever rejects.
 */
export interface Decider {
  credentials(question: CredentialsQuestion): Promise<CredentialsDecision>;
  /** A new binding was accepted, or restored after a restart. */
  registered(news: BindingNews): void;
  /** A binding ended; exactly once per session id. */
  unregistered(news: BindingNews): void;
  /** Answered even when the caller has gone: the room of a late answer counts as joined and left. */
  route(question: InviteQuestion): Promise<RouteDecision>;
}
