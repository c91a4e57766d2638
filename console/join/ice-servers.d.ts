export declare function iceServersIn(
  header: string | null,
): { readonly urls: string; readonly username?: string; readonly credential?: string }[];
