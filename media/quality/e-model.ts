/** R of a connection without delay, codec and loss: ITU-T G.107 §7.7 with the default values of its table 2 (06/2015; 94.2 in early editions). */
const R_WITHOUT_IMPAIRMENT = 93.2;
/** Echo-free delay that nobody notices, mT of ITU-T G.107 §7.4 for its default class of users (sT = 1), in ms. */
const UNNOTICED_DELAY_MS = 100;

/** What a codec costs: ITU-T G.107 §7.5, values in ITU-T G.113 appendix I. */
export interface Impairment {
  /** Ie: by itself, on the scale of R. */
  readonly equipment: number;
  /** Bpl: how well its concealment bears loss; larger is better. */
  readonly lossRobustness: number;
}

/**
 * By codec name. There is one scale for all, the narrowband one of G.107, because it is the one that RFC 3611 §4.7.5
 * asks for and that alarms can be set on: a wideband codec is not credited for its bandwidth.
 * - G.711 with packet loss concealment: ITU-T G.113 appendix I table I.3, Ie 0 and Bpl 25.1 (4.3 without).
 * - L16: as G.711, because the concealment is the same.
 * - G.722, Opus, iLBC: estimates of this project. G.113 gives no narrowband figures for them. G.722's Bpl is lower than
 *   G.711's, because its predictor has to find back after a loss; Opus is taken to be transparent, with the concealment
 *   of its decoder; iLBC's Ie lies between G.726 at 32 kbit/s (7) and G.729 (10 to 11), and its frames do not depend on
 *   each other (RFC 3951 §1).
 */
const impairments: Readonly<Record<string, Impairment>> = {
  pcmu: { equipment: 0, lossRobustness: 25.1 },
  pcma: { equipment: 0, lossRobustness: 25.1 },
  'l16-8000': { equipment: 0, lossRobustness: 25.1 },
  'l16-16000': { equipment: 0, lossRobustness: 25.1 },
  'l16-44100': { equipment: 0, lossRobustness: 25.1 },
  'l16-48000': { equipment: 0, lossRobustness: 25.1 },
  g722: { equipment: 0, lossRobustness: 20 },
  opus: { equipment: 0, lossRobustness: 25 },
  ilbc: { equipment: 10, lossRobustness: 30 },
};

/** Of a codec that is not in the table: no better than the worst that is. */
const unknownImpairment: Impairment = { equipment: 10, lossRobustness: 20 };

export function impairmentOf(codec: string): Impairment {
  return impairments[codec] ?? unknownImpairment;
}

export interface Transmission {
  readonly impairment: Impairment;
  /** Lost or discarded, 0 … 1: Ppl. */
  readonly lossFraction: number;
  /** Mean length of runs of missing packets over that of random loss: BurstR, at least 1. */
  readonly burstRatio: number;
  /** Mouth to ear: Ta. 0: what a listener hears, without conversation. */
  readonly delayMs: number;
}

/**
 * The transmission rating factor R of ITU-T G.107 (06/2015), 0 … 93.2, simplified: sound levels, noise and sidetone have
 * their default values, echo is cancelled (§7.4 without Idte and Idle), nobody makes allowances (A = 0).
 * R = 93.2 − Idd − Ie,eff, with Ie,eff = Ie + (95 − Ie) · Ppl / (Ppl / BurstR + Bpl) of §7.5, Ppl in percent.
 */
export function rFactorOf(transmission: Transmission): number {
  const { equipment, lossRobustness } = transmission.impairment;
  const percent = transmission.lossFraction * 100;
  const burstRatio = Math.max(1, transmission.burstRatio);
  const effective = equipment + ((95 - equipment) * percent) / (percent / burstRatio + lossRobustness);
  const r = R_WITHOUT_IMPAIRMENT - delayImpairmentOf(transmission.delayMs) - effective;
  return Math.min(R_WITHOUT_IMPAIRMENT, Math.max(0, r));
}

/** Idd of ITU-T G.107 §7.4: 0 up to 100 ms, then with X = log₂(Ta / 100 ms). */
function delayImpairmentOf(delayMs: number): number {
  if (!(delayMs > UNNOTICED_DELAY_MS)) return 0;
  const x = Math.log2(delayMs / UNNOTICED_DELAY_MS);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}

/** The mean opinion score that R stands for, 1 … 4.5: ITU-T G.107 annex B. */
export function mosOf(rFactor: number): number {
  if (rFactor <= 0) return 1;
  if (rFactor >= 100) return 4.5;
  return Math.max(1, 1 + 0.035 * rFactor + rFactor * (rFactor - 60) * (100 - rFactor) * 7e-6);
}

/** BurstR of ITU-T G.107 §7.5 from what was counted: random loss of a share p has runs of 1 / (1 − p) packets. */
export function burstRatioOf(missing: number, runs: number, packets: number): number {
  if (runs === 0 || packets === 0) return 1;
  return Math.max(1, (missing / runs) * (1 - missing / packets));
}
