interface Said {
  readonly code?: string;
  readonly name?: string;
  readonly cause?: string;
  readonly reason?: string;
}
export declare function problemOf(error: Said): readonly string[];
export declare function isAboutMicrophone(error: Said | null): boolean;
export declare function silenceOf(error: Said | null): string;
export declare function stillMuted(error: Said): string;
export declare function blindnessOf(error: Said): string;
export declare function placeWords(place: string, canSpeak: boolean): string;
export declare function wrongPinWords(left: number): string;
