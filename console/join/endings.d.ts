export interface Ending {
  readonly cause: string;
  readonly reason: string;
  readonly movedTo: string | null;
  readonly room: string | null;
}
export declare function endingIn(events: readonly object[], memberId: string): Ending | null;
export declare function isLoss(ending: Pick<Ending, 'cause' | 'room'>): boolean;
export declare function isOpenQuestion(ending: Pick<Ending, 'cause' | 'room'>): boolean;
export declare function isFinal(error: { readonly code?: string; readonly status?: number }): boolean;
