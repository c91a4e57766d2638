/** Warning: 304 host "text" (RFC 3261 §20.43). */
export function warningHeader(
  host: string,
  warning: { readonly code: number; readonly text: string },
): [string, string] {
  return ['Warning', `${warning.code} ${host} "${warning.text.replace(/["\\\r\n]/g, ' ')}"`];
}
