/** The base values, RFC 3261 §17.1.1.1 and table 4. All in milliseconds. */
export interface TimerBase {
  /** Round-trip estimate. */
  readonly t1Ms: number;
  /** The longest gap between retransmissions of a non-INVITE request or an INVITE's response. */
  readonly t2Ms: number;
  /** How long a message stays in the network. */
  readonly t4Ms: number;
}

export const defaultTimerBase: TimerBase = { t1Ms: 500, t2Ms: 4000, t4Ms: 5000 };

/** RFC 3261 §17.2.1: an INVITE unanswered for so long gets 100. */
export const TRYING_AFTER_MS = 200;

/** RFC 3261 §17.1.1.2: Timer D is "at least 32 seconds" whatever T1 is. */
const TIMER_D_MS = 32_000;

/** Timers A–M, table 4 of RFC 3261 and RFC 6026 §8. First values of A, E and G; they double. All in milliseconds. */
export interface Timers {
  readonly t2Ms: number;
  readonly aMs: number;
  readonly bMs: number;
  readonly dMs: number;
  readonly eMs: number;
  readonly fMs: number;
  readonly gMs: number;
  readonly hMs: number;
  readonly iMs: number;
  readonly jMs: number;
  readonly kMs: number;
  readonly lMs: number;
  readonly mMs: number;
}

/** The timers over one sort of transport. Over a reliable one the waits for retransmissions (D, I, J, K) are zero. */
export function timersFor(base: TimerBase, reliable: boolean): Timers {
  const { t1Ms, t2Ms, t4Ms } = base;
  const wholeMs = 64 * t1Ms;
  return {
    t2Ms,
    aMs: t1Ms,
    bMs: wholeMs,
    dMs: reliable ? 0 : Math.max(TIMER_D_MS, wholeMs),
    eMs: t1Ms,
    fMs: wholeMs,
    gMs: t1Ms,
    hMs: wholeMs,
    iMs: reliable ? 0 : t4Ms,
    jMs: reliable ? 0 : wholeMs,
    kMs: reliable ? 0 : t4Ms,
    lMs: wholeMs,
    mMs: wholeMs,
  };
}
