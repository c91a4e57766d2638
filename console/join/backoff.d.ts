export declare const MOST_MS: number;
export declare const GIVE_UP_MS: number;
export declare function delayBefore(tries: number, chance: number): number;
export declare function keepTrying(how: {
  attempt(): Promise<unknown>;
  isFinal(error: unknown): boolean;
  wait(delayMs: number): Promise<boolean>;
  nowMs(): number;
  chance(): number;
  onWait(delayMs: number, error: unknown): void;
}): Promise<unknown>;
