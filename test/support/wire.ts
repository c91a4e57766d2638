/** Text as it goes over the wire: line ends become CRLF, the first one is dropped, the head's empty line is added. */
export function wire(head: string, body = ''): Buffer {
  const lines = head.replace(/^\n/, '').replace(/\n*$/, '\n\n');
  return Buffer.from(lines.replace(/\n/g, '\r\n') + body);
}
