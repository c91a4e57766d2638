/** Where the addon of this Node is, or would be. */
export declare const addonFile: string;
export declare function nativeTools(): { readonly compiler: string | null; readonly headers: string | null };
export declare function buildNative(options?: {
  readonly strict?: boolean;
}): Promise<{ readonly built: boolean; readonly reason: string | null; readonly output: string }>;
