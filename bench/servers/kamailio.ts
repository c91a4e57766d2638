import { MOVED_TO, PASSWORD, REALM } from './users.js';

/** Registrar with digest, redirect and OPTIONS, one UDP worker: one core, like the others. */
export function kamailioConfig(port: number): string {
  const modules = ['kex', 'pv', 'sl', 'tm', 'maxfwd', 'usrloc', 'registrar', 'auth', 'textops', 'siputils'];
  return `
debug=0
log_stderror=yes
fork=yes
children=1
listen=udp:127.0.0.1:${port}
disable_tcp=yes
auto_aliases=no
server_signature=no
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("usrloc", "db_mode", 0)
modparam("registrar", "default_expires", 3600)
modparam("auth", "nonce_expire", 300)
request_route {
  if (!mf_process_maxfwd_header("70")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("OPTIONS")) {
    append_to_reply("Accept: application/sdp\\r\\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS\\r\\n");
    sl_send_reply("200", "OK");
    exit;
  }
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("${REALM}", "${PASSWORD}", "0")) { www_challenge("${REALM}", "1"); exit; }
    save("location");
    exit;
  }
  if (is_method("INVITE")) {
    append_to_reply("Contact: ${MOVED_TO}\\r\\n");
    sl_send_reply("302", "Moved Temporarily");
    exit;
  }
}
`;
}
