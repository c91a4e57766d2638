// Written by scripts/write-openapi.ts from openapi.yaml.
export interface paths {
    "/sip/invite/client": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ring a registered phone and put it into a room. */
        post: operations["inviteClient"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sip/invite/server": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Call a number at a SIP server and put it into a room. */
        post: operations["inviteServer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sip/conn/{conn_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a leg: CANCEL, 486 or BYE, by its state. */
        delete: operations["closeConnection"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sip/conn/{conn_id}/quality": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How a leg sounds, second by second. */
        get: operations["getQuality"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sip/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Registrations that are live. */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sip/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Legs that are up. */
        get: operations["listCalls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Is the process alive? */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Does the gateway take new calls? */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Counters and gauges, Prometheus text format. */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sip/message-summary/{aor}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which messages wait for a user. */
        get: operations["getMessageSummary"];
        /** Lights or darkens the message lamp of a user's phones. */
        put: operations["setMessageSummary"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/log/level": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which log lines are written. */
        get: operations["getLogLevel"];
        /** Changes which log lines are written, for this run. */
        put: operations["setLogLevel"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dir/{domain}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The users of a domain, what lies below it, and its control server. */
        get: operations["getDomain"];
        /** Pushes a domain with its control server and all its users; what lies below it stays. */
        put: operations["putDomain"];
        post?: never;
        /** Removes a domain and all below it. Its users are unregistered. */
        delete: operations["deleteDomain"];
        options?: never;
        head?: never;
        /** Changes what is given: the control server, and the users that are listed. */
        patch: operations["patchDomain"];
        trace?: never;
    };
    "/dir/{domain}/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Adds a user, or gives him another password. */
        put: operations["putDirectoryUser"];
        post?: never;
        /** Removes a user, if there is one. He is unregistered. */
        delete: operations["deleteDirectoryUser"];
        options?: never;
        head?: never;
        /** Adds a user, or gives him another password. */
        patch: operations["patchDirectoryUser"];
        trace?: never;
    };
    "/dir": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The top of the tree of domains. */
        get: operations["getDirectory"];
        put?: never;
        /** The same as POST /dialog/ring. */
        post: operations["ringDialogAlias"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many are registered here. */
        get: operations["countRegistrations"];
        /**
         * A phone has registered.
         * @description Who it is stands in the body: the form for people. The gateway sends reg/{domain}/{user}.
         */
        put: operations["putControlRegistration"];
        /**
         * The same.
         * @description Who it is stands in the body: the form for people. The gateway sends reg/{domain}/{user}.
         */
        post: operations["postControlRegistration"];
        /**
         * A registration has ended.
         * @description Who it is stands in the body: the form for people. The gateway sends reg/{domain}/{user}.
         */
        delete: operations["deleteControlRegistration"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reg/{domain}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The users of a domain, and which of them are registered. */
        get: operations["getRegistrations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reg/{domain}/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same of one user. */
        get: operations["getUserRegistration"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dialog/invite": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** A re-INVITE in an answered dialog; without a description the peer makes the offer. */
        put: operations["reinviteDialog"];
        /** Call somebody; of a list with more than one call, each. */
        post: operations["originateDialog"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/invite": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Call somebody; of a list with more than one call, each. */
        post: operations["originateDialogAlias"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dialog/ring": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** 180 for an incoming call. */
        put: operations["ringDialogByPut"];
        /** 180 for an incoming call. */
        post: operations["ringDialog"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dialog/answer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** 200 for an incoming call, with the description given. */
        put: operations["answerDialogByPut"];
        /** 200 for an incoming call, with the description given. */
        post: operations["answerDialog"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dialog/ok": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** 200 for the latest INVITE: a re-INVITE, or the offer of a callee that had none from us. */
        put: operations["okDialogByPut"];
        /** 200 for the latest INVITE: a re-INVITE, or the offer of a callee that had none from us. */
        post: operations["okDialog"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dialog/notify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** A transfer that the peer asked for has succeeded. */
        put: operations["notifyDialogByPut"];
        /** A transfer that the peer asked for has succeeded. */
        post: operations["notifyDialog"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dialog/hangup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** BYE, CANCEL or a final response. */
        put: operations["hangupDialogByPut"];
        /** BYE, CANCEL or a final response. */
        post: operations["hangupDialog"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dialog/note": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** What the control server wants to find again with the dialog: GET /dialog/{callid} has it. */
        put: operations["noteDialogByPut"];
        /** What the control server wants to find again with the dialog: GET /dialog/{callid} has it. */
        post: operations["noteDialog"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dialog": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many dialogs there are, and have been; with `control` also which are of that control server. */
        get: operations["countDialogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dialog/{callid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One dialog, as its events tell it, and what was noted with it. */
        get: operations["getDialog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Opens a channel. */
        post: operations["openRtpChannel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/channel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many channels there are, and how busy the server is. */
        get: operations["getRtpWorkload"];
        put?: never;
        /** Opens a channel. */
        post: operations["openChannel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/channel/{uuid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Where the peer is, and what was agreed on. */
        put: operations["setChannel"];
        post?: never;
        /** Closes a channel. */
        delete: operations["closeChannel"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/channel/target/{uuid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Where the peer is. */
        put: operations["setChannelTarget"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/channel/{uuid}/mix/{other}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Two channels, and all with which they are mixed, hear each other. */
        put: operations["mixChannels"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/channel/{uuid}/unmix": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** The channel is by itself again. */
        put: operations["unmixChannel"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/channel/{uuid}/play": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Plays sound files, while the channel is not mixed. */
        put: operations["playToChannel"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/channel/{uuid}/record": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Records what the channel says and hears. */
        put: operations["recordChannel"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/channel/{uuid}/dtmf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Sends digits (RFC 4733). */
        put: operations["sendChannelDtmf"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/channel/{uuid}/echo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** The channel hears itself, or not any more. */
        put: operations["echoChannel"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The Call-IDs of live calls. */
        get: operations["getControlCalls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    auth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Who is this user? Asked with the first REGISTER of a binding, 5 s, never repeated.
         * @description POST {hook_url}/auth, with `Authorization: Bearer` when `hook_secret` is set.
         */
        post: operations["authHook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A user registered. Told in order per user, up to 5 times.
         * @description POST {hook_url}/register, with `Authorization: Bearer` when `hook_secret` is set.
         */
        post: operations["registerHook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    unregister: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A registration ended. Told in order per user, up to 5 times.
         * @description POST {hook_url}/unregister, with `Authorization: Bearer` when `hook_secret` is set.
         */
        post: operations["unregisterHook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    invite: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Where does this call go? 5 s, never repeated.
         * @description POST {hook_url}/invite, with `Authorization: Bearer` when `hook_secret` is set.
         */
        post: operations["inviteHook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    event: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What became of a call, the keys pressed in it, and with `media_events` how it sounds. Told in order per call, up to 5 times.
         * @description POST {hook_url}/event, with `Authorization: Bearer` when `hook_secret` is set.
         */
        post: operations["eventHook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "channel/{uuid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A key was pressed, a recording began or ended, the channel was closed. Told in order per channel, 10 s.
         * @description POST {control}/channel/{uuid}, where the channel was opened with `control`. Never repeated.
         */
        post: operations["channelEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "dialog/{callid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Something has happened in a dialog: its whole state. Told in order per dialog, 10 s.
         * @description PUT {control}/dialog/{callid}. Any other status than 200, or none, ends a call that is not answered with 480. Nothing comes after `hangup`.
         */
        put: operations["dialogEvent"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "reg/{domain}/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * A phone has registered, or registered again. Told in order per user, 10 s.
         * @description PUT {control}/reg/{domain}/{user}. The status does not matter.
         */
        put: operations["registrationEvent"];
        post?: never;
        /**
         * A registration has ended: it was taken back, is over, or the phone answers no OPTIONS.
         * @description DELETE {control}/reg/{domain}/{user}, without a body. The status does not matter.
         */
        delete: operations["registrationEndEvent"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "control/invite": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A call through call processing: one without a phone, which `onnewcall` routes.
         * @description POST {control}/invite. Sent by nobody but its users; among the webhooks since /invite is a path of the gateway.
         */
        post: operations["controlInvite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        AuthHookReply: {
            success: boolean;
            /** @description Lowercase hex hash of `username:realm:password`; required when `success` is true. */
            ha1?: string | null;
        };
        AuthHookRequest: {
            /** @description The digest username that the client claims. */
            username: string;
            /** @description The gateway's realm, not the client's echo of it. */
            realm: string;
            /** @description The id that the registration will have if it succeeds. */
            session_id: string;
            /**
             * @description Present when the client answered with another algorithm than MD5; `ha1` is then that hash.
             * @enum {string}
             */
            algorithm?: "SHA-256" | "SHA-512-256";
        };
        AcknowledgeHookReply: {
            success: boolean;
        };
        RegistrationHookRequest: {
            username: string;
            realm: string;
            /** @description Compare it before deleting: a newer registration of that user may exist. */
            session_id: string;
        };
        InviteHookReply: {
            /** @enum {string} */
            strategy: "Reject" | "Accept" | "WaitOtherPeers";
            /** @description The room to join; without one (or empty) the caller is refused with 486. */
            room_id?: string | null;
            /** @description The member also hears itself. */
            echo?: boolean | null;
        };
        InviteHookRequest: {
            /** @description Source of the INVITE, `ip:port` or `[ipv6]:port`. */
            source: string;
            /** @description The registered user bound to exactly that source, else null. */
            username: string | null;
            /** @description User part of the From header URI. */
            from_number: string;
            /** @description User part of the To header URI. */
            to_number: string;
            /** @description Id of this leg; `DELETE /sip/conn/{conn_id}` closes it. */
            conn_id: string;
        };
        EventHookBody: {
            /** @enum {string} */
            type: "call";
            /** @enum {string} */
            direction: "in" | "out";
            /** @description Id of the leg: `conn_id` of the invite hook, `session_id` of the invite API. */
            session_id: string;
            room_id: string;
            /** @description The member's name in the room. */
            peer_id: string;
            from_number: string;
            to_number: string;
            server_alias: string | null;
            /** @enum {string} */
            state: "Connecting" | "Ringing" | "Connected" | "Rejected" | "Canceled" | "Failed" | "Ended";
            /** @description SIP status code that ended or refused the call, where there was one. */
            code: number | null;
            reason: string | null;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
        } | {
            /** @enum {string} */
            type: "dtmf";
            /** @enum {string} */
            direction: "in" | "out";
            /** @description Id of the leg: `conn_id` of the invite hook, `session_id` of the invite API. */
            session_id: string;
            room_id: string;
            /** @description The member's name in the room. */
            peer_id: string;
            digit: string;
            /** @description How long the key was held; null where the phone did not say. */
            duration_ms: number | null;
            /**
             * @description telephone-event, tones in the sound (`dtmf_inband`), or SIP INFO: the first that told the key.
             * @enum {string}
             */
            source: "rfc4733" | "inband" | "info";
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
        } | {
            /** @enum {string} */
            type: "media";
            /** @enum {string} */
            event: "one_way" | "two_way" | "quality";
            /** @description Id of the leg, as in call events. */
            session_id: string;
            room_id: string;
            peer_id: string;
            one_way: {
                /**
                 * @description The way that is broken.
                 * @enum {string}
                 */
                way: "in" | "out" | "both";
                /** @enum {string} */
                cause: "nothing-came" | "from-elsewhere" | "stopped" | "not-heard";
                silent_ms: number;
                /** @description Where we wait for RTP, `ip:port`. */
                local: string;
                /** @description The address in the SDP of the peer. */
                sdp: string;
                /** @description It is one of a private network: nobody outside of it can reach it. */
                sdp_private: boolean;
                /** @description Where RTP of the peer came from, and ours goes; null: to the SDP address. */
                latched: string | null;
                /** @description The last source whose RTP was not taken for the peer. */
                refused: string | null;
                packets_sent: number;
                packets_received: number;
            } | null;
            quality: {
                /** @description Seconds that were measured. */
                seconds: number;
                /** @description How often sound went one way only. */
                one_way_count: number;
                in: {
                    codec: string | null;
                    packets: number;
                    lost: number;
                    /** @description Came too late to be heard. */
                    late: number;
                    concealed_ms: number;
                    /** @description RFC 3611 §4.7.2, Gmin 16. */
                    bursts: number;
                    burst_percent: number;
                    burst_ms: number;
                    gap_percent: number;
                    gap_ms: number;
                    loss_percent: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                    jitter_ms: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                    buffer_ms: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                    mos: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                };
                out: {
                    codec: string | null;
                    packets: number;
                    /** @description By the RTCP of the peer; null: it sent none. */
                    lost: number | null;
                    loss_percent: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                    jitter_ms: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                    round_trip_ms: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                    mos: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                    /** @description What the peer said last of how it hears (RFC 3611 §4.7). */
                    voip_metrics: {
                        loss_percent: number;
                        discard_percent: number;
                        /** @description Share of packets missing within bursts. */
                        burst_percent: number;
                        /** @description Share of packets missing between bursts. */
                        gap_percent: number;
                        burst_ms: number;
                        gap_ms: number;
                        round_trip_ms: number | null;
                        end_system_delay_ms: number;
                        signal_level_db: number | null;
                        noise_level_db: number | null;
                        echo_return_loss_db: number | null;
                        r: number | null;
                        mos_lq: number | null;
                        mos_cq: number | null;
                        buffer_nominal_ms: number;
                        buffer_maximum_ms: number;
                    } | null;
                };
            } | null;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
        };
        ChannelEvent: {
            /** @enum {string} */
            event: "dtmf";
            digit: string;
        } | {
            /** @enum {string} */
            event: "record";
            file: string;
            /**
             * @description `started`, and then exactly one of the others.
             * @enum {string}
             */
            reason: "started" | "requested" | "timeout" | "replaced" | "channelclosed" | "failed";
            /** @description Bytes, once it is finished. */
            filesize?: number;
        } | {
            /** @enum {string} */
            event: "close";
            /** @enum {string} */
            reason: "requested" | "idle-timeout" | "media-host-lost" | "shutdown";
            stats: {
                in: {
                    pkts: number;
                    lost: number;
                    jitter_ms: number;
                };
                out: {
                    pkts: number;
                };
                /** @description 1 + 0.035R + 0.000007R(R-60)(100-R), R = percent of packets that came; 0 if none did. */
                mos: number;
            };
        };
        DialogEvent: {
            /** @description The SIP Call-ID. */
            callid: string;
            /** @description Host of the Request-URI; of a call of ours that of the caller. */
            domain: string;
            to: string;
            from: string;
            /** @description Contact of the INVITE. */
            contact: string;
            maxforwards: number;
            /** @description Only where a REFER is what happened. */
            refer?: {
                to: string;
                domain?: string;
                /** @description Call-ID of the dialog to replace. */
                replaces?: string;
            };
            /** @description The caller has proved who he is; of a call of ours: it is answered. */
            authenticated: boolean;
            ring: boolean;
            answered: boolean;
            hold: boolean;
            /** @description We sent the INVITE. */
            originator: boolean;
            hangup: boolean;
            error: {
                /** @description SIP status; 0: none. */
                code: number;
                status: string;
            };
            remote: {
                host: string;
                port: number;
            };
            sdp: {
                them: {
                    [key: string]: unknown;
                };
                us: {
                    [key: string]: unknown;
                };
            };
            epochs: {
                /** @description Seconds since the Unix epoch; 0: not yet. */
                start: number;
                /** @description Seconds since the Unix epoch; 0: not yet. */
                ring: number;
                /** @description Seconds since the Unix epoch; 0: not yet. */
                answer: number;
                /** @description Seconds since the Unix epoch; 0: not yet. */
                end: number;
            };
        };
        RegistrationEvent: {
            /** @description Where the REGISTER came from. */
            host: string;
            port: number;
            /** @description Its User-Agent. */
            agent?: string;
            /** @description user@domain */
            user: string;
        };
        ControlCall: {
            /** @description The SIP Call-ID. */
            callid: string;
        };
        ControlInviteBody: {
            to: {
                user: string;
                domain?: string;
            } | string;
            from?: {
                user: string;
                domain?: string;
            } | string;
            domain?: string;
            callerid?: {
                name?: string;
                number?: string;
                private?: boolean;
            };
            cid?: {
                name?: string;
                number?: string;
                private?: boolean;
            };
            maxforwards?: number;
        }[] | {
            to: {
                user: string;
                domain?: string;
            } | string;
            from?: {
                user: string;
                domain?: string;
            } | string;
            domain?: string;
            callerid?: {
                name?: string;
                number?: string;
                private?: boolean;
            };
            cid?: {
                name?: string;
                number?: string;
                private?: boolean;
            };
            maxforwards?: number;
        };
        InviteResult: {
            /** @description Id of the new leg. */
            session_id: string;
            /** @description The same id under its other name. */
            call_id: string;
        };
        ErrorEnvelope: {
            /** @enum {boolean} */
            status: false;
            /** @enum {string} */
            error: "BAD_REQUEST" | "NOT_FOUND" | "INVALID_DEST_ADDR" | "INVALID_HOOK_URI" | "INVALID_SERVER_ALIAS" | "UNAUTHORIZED" | "FORBIDDEN" | "UNKNOWN_ROUTE" | "METHOD_NOT_ALLOWED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "INTERNAL_ERROR" | "MAX_CONN" | "OVERLOADED" | "NOT_READY" | "DRAINING";
            /** @description For people; may change. */
            message?: string;
        };
        InviteClientBody: {
            /** @description The room, named by the application. */
            room_id: string;
            /** @description `session_id` of the register hook: the phone to ring. */
            dest_session_id: string;
            /** @description User part of the From URI of the INVITE. */
            from_number: string;
            /** @description Server profile, or else the host of the From URI; null: the gateway itself. */
            server_alias?: string | null;
            /** @description Absolute http(s) URL for this call's events. */
            hook_uri?: string | null;
        };
        InviteServerBody: {
            /** @description The room, named by the application. */
            room_id: string;
            /** @description `ip:port`, `[ipv6]:port`, `host` or `host:port`; port 5060 by default. */
            dest_addr: string;
            /** @description Answers one digest challenge of the server. */
            dest_auth?: {
                username: string;
                password: string;
            } | null;
            /** @description User part of the From URI of the INVITE. */
            from_number: string;
            /** @description User part of the To and Request-URI. */
            to_number: string;
            /** @description Server profile: From domain, default credentials, outbound proxy. */
            server_alias?: string | null;
            /** @description Absolute http(s) URL for this call's events. */
            hook_uri?: string | null;
        };
        QualityView: {
            session_id: string;
            /** @description Sound goes one way only, now. */
            one_way: {
                /**
                 * @description The way that is broken.
                 * @enum {string}
                 */
                way: "in" | "out" | "both";
                /** @enum {string} */
                cause: "nothing-came" | "from-elsewhere" | "stopped" | "not-heard";
                silent_ms: number;
                /** @description Where we wait for RTP, `ip:port`. */
                local: string;
                /** @description The address in the SDP of the peer. */
                sdp: string;
                /** @description It is one of a private network: nobody outside of it can reach it. */
                sdp_private: boolean;
                /** @description Where RTP of the peer came from, and ours goes; null: to the SDP address. */
                latched: string | null;
                /** @description The last source whose RTP was not taken for the peer. */
                refused: string | null;
                packets_sent: number;
                packets_received: number;
            } | null;
            /** @description The last five to six minutes. */
            seconds: {
                /** @description When it began, in milliseconds since the Unix epoch. */
                at: number;
                in: {
                    packets: number | null;
                    lost: number | null;
                    late: number | null;
                    /** @description Packets missing in a row. */
                    longest_run: number | null;
                    jitter_ms: number | null;
                    /** @description How long the packet that was heard last had waited. */
                    buffer_ms: number | null;
                    concealed_ms: number | null;
                    r: number | null;
                    /** @description Mean opinion score by the E-model (ITU-T G.107), 1 to 4.5; null: no figure. */
                    mos: number | null;
                };
                out: {
                    packets: number | null;
                    loss_percent: number | null;
                    jitter_ms: number | null;
                    round_trip_ms: number | null;
                    r: number | null;
                    /** @description Mean opinion score by the E-model (ITU-T G.107), 1 to 4.5; null: no figure. */
                    mos: number | null;
                };
            }[];
            /** @description Whole minutes, of the last two hours. */
            minutes: {
                /** @description When it began, in milliseconds since the Unix epoch. */
                at: number;
                in: {
                    packets: number | null;
                    lost: number | null;
                    late: number | null;
                    /** @description Packets missing in a row. */
                    longest_run: number | null;
                    jitter_ms: number | null;
                    /** @description How long the packet that was heard last had waited. */
                    buffer_ms: number | null;
                    concealed_ms: number | null;
                    r: number | null;
                    /** @description Mean opinion score by the E-model (ITU-T G.107), 1 to 4.5; null: no figure. */
                    mos: number | null;
                };
                out: {
                    packets: number | null;
                    loss_percent: number | null;
                    jitter_ms: number | null;
                    round_trip_ms: number | null;
                    r: number | null;
                    /** @description Mean opinion score by the E-model (ITU-T G.107), 1 to 4.5; null: no figure. */
                    mos: number | null;
                };
            }[];
            summary: {
                /** @description Seconds that were measured. */
                seconds: number;
                /** @description How often sound went one way only. */
                one_way_count: number;
                in: {
                    codec: string | null;
                    packets: number;
                    lost: number;
                    /** @description Came too late to be heard. */
                    late: number;
                    concealed_ms: number;
                    /** @description RFC 3611 §4.7.2, Gmin 16. */
                    bursts: number;
                    burst_percent: number;
                    burst_ms: number;
                    gap_percent: number;
                    gap_ms: number;
                    loss_percent: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                    jitter_ms: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                    buffer_ms: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                    mos: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                };
                out: {
                    codec: string | null;
                    packets: number;
                    /** @description By the RTCP of the peer; null: it sent none. */
                    lost: number | null;
                    loss_percent: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                    jitter_ms: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                    round_trip_ms: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                    mos: {
                        min: number;
                        avg: number;
                        max: number;
                        /** @description 19 of 20 seconds were no worse. */
                        p95: number;
                    } | null;
                    /** @description What the peer said last of how it hears (RFC 3611 §4.7). */
                    voip_metrics: {
                        loss_percent: number;
                        discard_percent: number;
                        /** @description Share of packets missing within bursts. */
                        burst_percent: number;
                        /** @description Share of packets missing between bursts. */
                        gap_percent: number;
                        burst_ms: number;
                        gap_ms: number;
                        round_trip_ms: number | null;
                        end_system_delay_ms: number;
                        signal_level_db: number | null;
                        noise_level_db: number | null;
                        echo_return_loss_db: number | null;
                        r: number | null;
                        mos_lq: number | null;
                        mos_cq: number | null;
                        buffer_nominal_ms: number;
                        buffer_maximum_ms: number;
                    } | null;
                };
            };
        };
        SessionView: {
            session_id: string;
            username: string;
            realm: string;
            /** @description `ip:port` or `[ipv6]:port` that the REGISTER came from. */
            source: string;
            /** @enum {string} */
            transport: "udp" | "tcp" | "tls" | "ws" | "wss";
            /** @description The Contact URI as registered. */
            contact: string;
            user_agent: string | null;
            /** @description Milliseconds since the Unix epoch. */
            registered_at: number;
            /** @description Milliseconds since the Unix epoch. */
            expires_at: number;
        };
        CallView: {
            session_id: string;
            /** @description The same id under its other name. */
            call_id: string;
            /** @enum {string} */
            direction: "in" | "out";
            /** @description Empty while the invite hook is pending. */
            room_id: string;
            peer_id: string;
            from_number: string;
            to_number: string;
            /** @enum {string} */
            state: "Connecting" | "Ringing" | "Connected" | "Rejected" | "Canceled" | "Failed" | "Ended";
            codec: string | null;
            server_alias: string | null;
            /** @description Milliseconds since the Unix epoch. */
            started_at: number;
            /** @description Milliseconds since the Unix epoch. */
            answered_at: number | null;
        };
        MessageSummary: {
            /** @description Whether the lamp is on. */
            waiting: boolean;
            /** @description SIP or tel URI of the mailbox, which phones call to hear it (Message-Account). */
            account?: string | null;
            voice?: {
                new: number;
                old: number;
                /** @description How many of the new ones are urgent. */
                urgent_new?: number | null;
                urgent_old?: number | null;
            } | null;
            fax?: {
                new: number;
                old: number;
                /** @description How many of the new ones are urgent. */
                urgent_new?: number | null;
                urgent_old?: number | null;
            } | null;
            pager?: {
                new: number;
                old: number;
                /** @description How many of the new ones are urgent. */
                urgent_new?: number | null;
                urgent_old?: number | null;
            } | null;
            multimedia?: {
                new: number;
                old: number;
                /** @description How many of the new ones are urgent. */
                urgent_new?: number | null;
                urgent_old?: number | null;
            } | null;
            text?: {
                new: number;
                old: number;
                /** @description How many of the new ones are urgent. */
                urgent_new?: number | null;
                urgent_old?: number | null;
            } | null;
        };
        PlainError: {
            error: string;
        };
        DirectoryDomainBody: {
            /** @description Who hears of registrations and decides about calls. Without it nobody is told anything. */
            control?: string | {
                host: string;
                port: number;
            } | null;
            users?: {
                /** @description 1 to 128 characters but @ : " and space. */
                username?: string | null;
                /** @description His password; only a hash of it is kept. */
                secret?: string | null;
            }[] | null;
            /**
             * @description Without `control`: a called user is rung (`bridge`, unless told), or the caller gets 302.
             * @enum {string|null}
             */
            routing?: "bridge" | "redirect" | null;
        };
        DirectoryDomain: {
            /** @description Their names. */
            users?: string[];
            /** @description The labels right below this one. */
            domains?: string[];
            control?: string;
        };
        DirectoryUserBody: {
            secret: string;
        };
        Directory: {
            /** @description The top labels. */
            domains?: string[];
        };
        RegistrationCount: {
            /** @description Live registrations on this server. */
            count: number;
        };
        DomainRegistrations: {
            domain: string;
            /** @description Users of the domain. */
            count: number;
            /** @description How many of those listed here are registered. */
            registered: number;
            /** @description By user name; empty for a user who does not exist. */
            users: {
                [key: string]: {
                    /** @enum {boolean} */
                    registered: false;
                } | {
                    /** @enum {boolean} */
                    registered: true;
                    /** @description OPTIONS sent and not answered yet; at 7 the registration ends. */
                    outstandingping: number;
                    remote: {
                        /** @description Where the REGISTER came from. */
                        host: string;
                        port: number;
                        /** @description Its User-Agent. */
                        agent?: string;
                    };
                    epochs: {
                        /** @description Unix seconds of the first one; refreshes keep it. */
                        registered: number;
                    };
                };
            };
        };
        OpenedChannel: {
            uuid: string;
            /** @description The same id under its other name. */
            channel: string;
            /** @description The published address. */
            ip: string;
            /** @description The even port of the pair: RTP; RTCP is on the next one. */
            port: number;
            channels: {
                /** @description Channels that are open. */
                active: number;
                /** @description Channels that could be opened now. */
                available: number;
            };
            /** @description Another one when the server was started anew: it has no channel from before. */
            server: string;
            /** @description Workload beyond the channels. */
            load: {
                /** @description Of one core, 0 to 1, of the busiest media host. */
                busy_share: number;
                /** @description 99th percentile of how late the beats of the worst host are. */
                mixer_lateness_ms: number;
            };
        };
        RtpFailure: {
            error: string;
        };
        OpenChannelBody: {
            /** @description Where the events of the channel are posted: `{control}/channel/{uuid}`. */
            control?: string | {
                host: string;
                port: number;
            } | null;
        };
        RtpWorkload: {
            channels: {
                /** @description Channels that are open. */
                active: number;
                /** @description Channels that could be opened now. */
                available: number;
            };
            /** @description Another one when the server was started anew: it has no channel from before. */
            server: string;
            /** @description Workload beyond the channels. */
            load: {
                /** @description Of one core, 0 to 1, of the busiest media host. */
                busy_share: number;
                /** @description 99th percentile of how late the beats of the worst host are. */
                mixer_lateness_ms: number;
            };
        };
        SetChannelBody: {
            /** @description Where the peer wants its RTP; 0.0.0.0 is hold. */
            ip: string;
            /** @description 0 is hold. */
            port: number;
            audio?: {
                /** @description Payload types agreed on; the first of 0, 8, 9 and 97 is sent, 101 is telephone-event. */
                payloads?: number[] | null;
            } | null;
            /** @description `recv` false: the peer is on hold and need not send anything. Both true unless told. */
            direction?: {
                send?: boolean | null;
                recv?: boolean | null;
            } | null;
        };
        TargetBody: {
            ip?: string | null;
            address?: string | null;
            port: number;
        };
        ClosedChannel: {
            channels: {
                /** @description Channels that are open. */
                active: number;
                /** @description Channels that could be opened now. */
                available: number;
            };
        };
        SoundSoup: {
            /** @description How often the list is played; true: for ever. */
            loop?: boolean | number | null;
            files: {
                pcmu?: string | string[] | null;
                pcma?: string | string[] | null;
                l168k?: string | string[] | null;
                l1616k?: string | string[] | null;
                ilbc?: string | string[] | null;
                g722?: string | string[] | null;
                wav?: string | string[] | null;
                /** @description Milliseconds into the file. */
                start?: number | null;
                stop?: number | null;
                /** @description How often the entry is played; true: for ever. */
                loop?: boolean | number | null;
            }[];
        };
        RecordBody: {
            /** @description Below the directory of the sounds; a WAV file. */
            file: string;
            /** @description Milliseconds. */
            maxduration?: number | null;
            /** @description 2, the default: left what the peer says, right what it hears. 1: the sum of both. */
            numchannels?: 1 | 2 | null;
        };
        DtmfBody: {
            digits: string;
        };
        EchoBody: {
            on: boolean;
        };
        ControlRegistration: {
            domain: string;
            user: string;
            host?: string;
            port?: number | null;
            agent?: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    inviteClient: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InviteClientBody"];
            };
        };
        responses: {
            /** @description The leg exists; it does not ring yet. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: components["schemas"]["InviteResult"];
                    };
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    inviteServer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InviteServerBody"];
            };
        };
        responses: {
            /** @description The leg exists; it does not ring yet. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: components["schemas"]["InviteResult"];
                    };
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    closeConnection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                conn_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The leg is ending. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        /** @enum {string} */
                        data: "OK";
                    };
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    getQuality: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                conn_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Both directions, and what is wrong now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: components["schemas"]["QualityView"];
                    };
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    listSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One entry per registration. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: components["schemas"]["SessionView"][];
                    };
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    listCalls: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One entry per leg. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: components["schemas"]["CallView"][];
                    };
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Yes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        /** @enum {string} */
                        data: "OK";
                    };
                };
            };
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Yes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        /** @enum {string} */
                        data: "OK";
                    };
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Metrics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    getMessageSummary: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Address of the user, `sip:alice@example.com` or without the scheme. */
                aor: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What phones are told. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: components["schemas"]["MessageSummary"];
                    };
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    setMessageSummary: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Address of the user, `sip:alice@example.com` or without the scheme. */
                aor: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MessageSummary"];
            };
        };
        responses: {
            /** @description What phones are told. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: components["schemas"]["MessageSummary"];
                    };
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    getLogLevel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The level now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: {
                            /**
                             * @description The least important level of log lines that are written, until the process ends.
                             * @enum {string}
                             */
                            level: "trace" | "debug" | "info" | "warn" | "error";
                        };
                    };
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    setLogLevel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description The least important level of log lines that are written, until the process ends.
                     * @enum {string}
                     */
                    level: "trace" | "debug" | "info" | "warn" | "error";
                };
            };
        };
        responses: {
            /** @description The level now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: {
                            /**
                             * @description The least important level of log lines that are written, until the process ends.
                             * @enum {string}
                             */
                            level: "trace" | "debug" | "info" | "warn" | "error";
                        };
                    };
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    getDomain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name; a port behind it does not count. */
                domain: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is there. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DirectoryDomain"];
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlainError"];
                };
            };
        };
    };
    putDomain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name; a port behind it does not count. */
                domain: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DirectoryDomainBody"];
            };
        };
        responses: {
            /** @description It is as pushed. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlainError"];
                };
            };
        };
    };
    deleteDomain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name; a port behind it does not count. */
                domain: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlainError"];
                };
            };
        };
    };
    patchDomain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name; a port behind it does not count. */
                domain: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DirectoryDomainBody"];
            };
        };
        responses: {
            /** @description Changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlainError"];
                };
            };
        };
    };
    putDirectoryUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name; a port behind it does not count. */
                domain: string;
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DirectoryUserBody"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlainError"];
                };
            };
        };
    };
    deleteDirectoryUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name; a port behind it does not count. */
                domain: string;
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description There is no such user any more. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlainError"];
                };
            };
        };
    };
    patchDirectoryUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name; a port behind it does not count. */
                domain: string;
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DirectoryUserBody"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlainError"];
                };
            };
        };
    };
    getDirectory: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its labels. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Directory"];
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlainError"];
                };
            };
        };
    };
    ringDialogAlias: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    callid?: string | null;
                    /** @description Sent as Alert-Info. */
                    alertinfo?: string | null;
                };
            };
        };
        responses: {
            /** @description Queued; how it goes is told by events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    countRegistrations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The count. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistrationCount"];
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlainError"];
                };
            };
        };
    };
    putControlRegistration: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ControlRegistration"];
            };
        };
        responses: {
            /** @description Taken. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    postControlRegistration: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ControlRegistration"];
            };
        };
        responses: {
            /** @description Taken. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    deleteControlRegistration: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ControlRegistration"];
            };
        };
        responses: {
            /** @description Taken. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getRegistrations: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name; a port behind it does not count. */
                domain: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who is registered, and from where. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DomainRegistrations"];
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlainError"];
                };
            };
        };
    };
    getUserRegistration: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name; a port behind it does not count. */
                domain: string;
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who is registered, and from where. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DomainRegistrations"];
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlainError"];
                };
            };
        };
    };
    reinviteDialog: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    callid?: string | null;
                    sdp?: {
                        [key: string]: unknown;
                    } | null;
                };
            };
        };
        responses: {
            /** @description Queued; how it goes is told by events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    originateDialog: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    from: {
                        /** @description A domain, with a port or without. */
                        domain: string;
                        user: string;
                        authsecret?: string | null;
                    };
                    to: {
                        user: string;
                        /** @description A domain, with a port or without. */
                        domain?: string | null;
                    };
                    /** @description 70 unless told. */
                    maxforwards?: number | null;
                    /** @description Who hears of it and drives it; the control of the callee's domain unless told. */
                    control?: string | {
                        host: string;
                        port: number;
                    } | null;
                    callerid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description Another name of `callerid`; the caller unless told. */
                    cid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description The offer; without it the callee makes one. */
                    sdp?: {
                        [key: string]: unknown;
                    } | null;
                } | {
                    /** @description Of a user that is named without one. */
                    domain?: string | null;
                    /** @description A user, or user@domain. */
                    from: string;
                    /** @description A user, or user@domain. */
                    to: string;
                    /** @description 70 unless told. */
                    maxforwards?: number | null;
                    /** @description Who hears of it and drives it; the control of the callee's domain unless told. */
                    control?: string | {
                        host: string;
                        port: number;
                    } | null;
                    callerid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description Another name of `callerid`; the caller unless told. */
                    cid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description The offer; without it the callee makes one. */
                    sdp?: {
                        [key: string]: unknown;
                    } | null;
                } | ({
                    from: {
                        /** @description A domain, with a port or without. */
                        domain: string;
                        user: string;
                        authsecret?: string | null;
                    };
                    to: {
                        user: string;
                        /** @description A domain, with a port or without. */
                        domain?: string | null;
                    };
                    /** @description 70 unless told. */
                    maxforwards?: number | null;
                    /** @description Who hears of it and drives it; the control of the callee's domain unless told. */
                    control?: string | {
                        host: string;
                        port: number;
                    } | null;
                    callerid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description Another name of `callerid`; the caller unless told. */
                    cid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description The offer; without it the callee makes one. */
                    sdp?: {
                        [key: string]: unknown;
                    } | null;
                } | {
                    /** @description Of a user that is named without one. */
                    domain?: string | null;
                    /** @description A user, or user@domain. */
                    from: string;
                    /** @description A user, or user@domain. */
                    to: string;
                    /** @description 70 unless told. */
                    maxforwards?: number | null;
                    /** @description Who hears of it and drives it; the control of the callee's domain unless told. */
                    control?: string | {
                        host: string;
                        port: number;
                    } | null;
                    callerid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description Another name of `callerid`; the caller unless told. */
                    cid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description The offer; without it the callee makes one. */
                    sdp?: {
                        [key: string]: unknown;
                    } | null;
                })[];
            };
        };
        responses: {
            /** @description On its way. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The SIP Call-ID. */
                        callid: string;
                    } | ({
                        /** @description The SIP Call-ID. */
                        callid: string;
                    } | {
                        code: number;
                        error: string;
                    })[];
                };
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The domain is ours, and has no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The user is not registered. */
            480: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No more dialogs can be made now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    originateDialogAlias: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    from: {
                        /** @description A domain, with a port or without. */
                        domain: string;
                        user: string;
                        authsecret?: string | null;
                    };
                    to: {
                        user: string;
                        /** @description A domain, with a port or without. */
                        domain?: string | null;
                    };
                    /** @description 70 unless told. */
                    maxforwards?: number | null;
                    /** @description Who hears of it and drives it; the control of the callee's domain unless told. */
                    control?: string | {
                        host: string;
                        port: number;
                    } | null;
                    callerid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description Another name of `callerid`; the caller unless told. */
                    cid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description The offer; without it the callee makes one. */
                    sdp?: {
                        [key: string]: unknown;
                    } | null;
                } | {
                    /** @description Of a user that is named without one. */
                    domain?: string | null;
                    /** @description A user, or user@domain. */
                    from: string;
                    /** @description A user, or user@domain. */
                    to: string;
                    /** @description 70 unless told. */
                    maxforwards?: number | null;
                    /** @description Who hears of it and drives it; the control of the callee's domain unless told. */
                    control?: string | {
                        host: string;
                        port: number;
                    } | null;
                    callerid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description Another name of `callerid`; the caller unless told. */
                    cid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description The offer; without it the callee makes one. */
                    sdp?: {
                        [key: string]: unknown;
                    } | null;
                } | ({
                    from: {
                        /** @description A domain, with a port or without. */
                        domain: string;
                        user: string;
                        authsecret?: string | null;
                    };
                    to: {
                        user: string;
                        /** @description A domain, with a port or without. */
                        domain?: string | null;
                    };
                    /** @description 70 unless told. */
                    maxforwards?: number | null;
                    /** @description Who hears of it and drives it; the control of the callee's domain unless told. */
                    control?: string | {
                        host: string;
                        port: number;
                    } | null;
                    callerid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description Another name of `callerid`; the caller unless told. */
                    cid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description The offer; without it the callee makes one. */
                    sdp?: {
                        [key: string]: unknown;
                    } | null;
                } | {
                    /** @description Of a user that is named without one. */
                    domain?: string | null;
                    /** @description A user, or user@domain. */
                    from: string;
                    /** @description A user, or user@domain. */
                    to: string;
                    /** @description 70 unless told. */
                    maxforwards?: number | null;
                    /** @description Who hears of it and drives it; the control of the callee's domain unless told. */
                    control?: string | {
                        host: string;
                        port: number;
                    } | null;
                    callerid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description Another name of `callerid`; the caller unless told. */
                    cid?: {
                        number?: string | number | null;
                        name?: string | null;
                        private?: boolean | null;
                    } | null;
                    /** @description The offer; without it the callee makes one. */
                    sdp?: {
                        [key: string]: unknown;
                    } | null;
                })[];
            };
        };
        responses: {
            /** @description On its way. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The SIP Call-ID. */
                        callid: string;
                    } | ({
                        /** @description The SIP Call-ID. */
                        callid: string;
                    } | {
                        code: number;
                        error: string;
                    })[];
                };
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The domain is ours, and has no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The user is not registered. */
            480: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No more dialogs can be made now. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    ringDialogByPut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    callid?: string | null;
                    /** @description Sent as Alert-Info. */
                    alertinfo?: string | null;
                };
            };
        };
        responses: {
            /** @description Queued; how it goes is told by events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    ringDialog: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    callid?: string | null;
                    /** @description Sent as Alert-Info. */
                    alertinfo?: string | null;
                };
            };
        };
        responses: {
            /** @description Queued; how it goes is told by events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    answerDialogByPut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    callid?: string | null;
                    sdp?: {
                        [key: string]: unknown;
                    } | null;
                };
            };
        };
        responses: {
            /** @description Queued; how it goes is told by events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    answerDialog: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    callid?: string | null;
                    sdp?: {
                        [key: string]: unknown;
                    } | null;
                };
            };
        };
        responses: {
            /** @description Queued; how it goes is told by events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    okDialogByPut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    callid?: string | null;
                    sdp?: {
                        [key: string]: unknown;
                    } | null;
                };
            };
        };
        responses: {
            /** @description Queued; how it goes is told by events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    okDialog: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    callid?: string | null;
                    sdp?: {
                        [key: string]: unknown;
                    } | null;
                };
            };
        };
        responses: {
            /** @description Queued; how it goes is told by events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    notifyDialogByPut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    callid?: string | null;
                };
            };
        };
        responses: {
            /** @description Queued; how it goes is told by events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    notifyDialog: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    callid?: string | null;
                };
            };
        };
        responses: {
            /** @description Queued; how it goes is told by events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    hangupDialogByPut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    callid?: string | null;
                    /** @description Of an unanswered incoming call; 404 unless told. */
                    code?: number | null;
                    /** @description The reason phrase. */
                    reason?: string | null;
                };
            };
        };
        responses: {
            /** @description Queued; how it goes is told by events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    hangupDialog: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    callid?: string | null;
                    /** @description Of an unanswered incoming call; 404 unless told. */
                    code?: number | null;
                    /** @description The reason phrase. */
                    reason?: string | null;
                };
            };
        };
        responses: {
            /** @description Queued; how it goes is told by events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    noteDialogByPut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    callid?: string | null;
                    /** @description Any JSON, in place of the one before; null takes it away. */
                    note: unknown;
                };
            };
        };
        responses: {
            /** @description Queued; how it goes is told by events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    noteDialog: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    callid?: string | null;
                    /** @description Any JSON, in place of the one before; null takes it away. */
                    note: unknown;
                };
            };
        };
        responses: {
            /** @description Queued; how it goes is told by events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    countDialogs: {
        parameters: {
            query?: {
                /** @description The URL of a control server. */
                control?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The counts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Dialogs now. */
                        count: number;
                        /** @description Dialogs since the start. */
                        counter: number;
                        /** @description Call-IDs of the dialogs whose events go to that control server. */
                        callids: string[];
                    } | {
                        /** @description Dialogs now. */
                        count: number;
                        /** @description Dialogs since the start. */
                        counter: number;
                    };
                };
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getDialog: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                callid: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The dialog. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The SIP Call-ID. */
                        callid: string;
                        /** @description Host of the Request-URI; of a call of ours that of the caller. */
                        domain: string;
                        to: string;
                        from: string;
                        /** @description Contact of the INVITE. */
                        contact: string;
                        maxforwards: number;
                        /** @description Only where a REFER is what happened. */
                        refer?: {
                            to: string;
                            domain?: string;
                            /** @description Call-ID of the dialog to replace. */
                            replaces?: string;
                        };
                        /** @description The caller has proved who he is; of a call of ours: it is answered. */
                        authenticated: boolean;
                        ring: boolean;
                        answered: boolean;
                        hold: boolean;
                        /** @description We sent the INVITE. */
                        originator: boolean;
                        hangup: boolean;
                        error: {
                            /** @description SIP status; 0: none. */
                            code: number;
                            status: string;
                        };
                        remote: {
                            host: string;
                            port: number;
                        };
                        sdp: {
                            them: {
                                [key: string]: unknown;
                            };
                            us: {
                                [key: string]: unknown;
                            };
                        };
                        epochs: {
                            /** @description Seconds since the Unix epoch; 0: not yet. */
                            start: number;
                            /** @description Seconds since the Unix epoch; 0: not yet. */
                            ring: number;
                            /** @description Seconds since the Unix epoch; 0: not yet. */
                            answer: number;
                            /** @description Seconds since the Unix epoch; 0: not yet. */
                            end: number;
                        };
                        /** @description What its control server has noted with POST /dialog/note. */
                        note?: unknown;
                    };
                };
            };
            /** @description Refused: `{"error": …}`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    openRtpChannel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenChannelBody"];
            };
        };
        responses: {
            /** @description A channel, and how many there are. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenedChannel"];
                };
            };
            /** @description Not done; `error` says why. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtpFailure"];
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtpFailure"];
                };
            };
        };
    };
    getRtpWorkload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workload. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtpWorkload"];
                };
            };
        };
    };
    openChannel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenChannelBody"];
            };
        };
        responses: {
            /** @description A channel, and how many there are. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenedChannel"];
                };
            };
            /** @description Not done; `error` says why. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtpFailure"];
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtpFailure"];
                };
            };
        };
    };
    setChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `uuid` of the answer that opened the channel. */
                uuid: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetChannelBody"];
            };
        };
        responses: {
            /** @description Done; no body. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtpFailure"];
                };
            };
        };
    };
    closeChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `uuid` of the answer that opened the channel. */
                uuid: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many channels are left. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClosedChannel"];
                };
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtpFailure"];
                };
            };
        };
    };
    setChannelTarget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `uuid` of the answer that opened the channel. */
                uuid: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TargetBody"];
            };
        };
        responses: {
            /** @description Done; no body. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtpFailure"];
                };
            };
        };
    };
    mixChannels: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `uuid` of the answer that opened the channel. */
                uuid: string;
                /** @description `uuid` of the answer that opened the channel. */
                other: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; no body. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtpFailure"];
                };
            };
        };
    };
    unmixChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `uuid` of the answer that opened the channel. */
                uuid: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; no body. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtpFailure"];
                };
            };
        };
    };
    playToChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `uuid` of the answer that opened the channel. */
                uuid: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SoundSoup"];
            };
        };
        responses: {
            /** @description Done; no body. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtpFailure"];
                };
            };
        };
    };
    recordChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `uuid` of the answer that opened the channel. */
                uuid: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RecordBody"];
            };
        };
        responses: {
            /** @description Done; no body. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtpFailure"];
                };
            };
        };
    };
    sendChannelDtmf: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `uuid` of the answer that opened the channel. */
                uuid: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DtmfBody"];
            };
        };
        responses: {
            /** @description Done; no body. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtpFailure"];
                };
            };
        };
    };
    echoChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `uuid` of the answer that opened the channel. */
                uuid: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EchoBody"];
            };
        };
        responses: {
            /** @description Done; no body. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `error` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtpFailure"];
                };
            };
        };
    };
    getControlCalls: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The list. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string[];
                };
            };
        };
    };
    authHook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AuthHookRequest"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuthHookReply"];
                };
            };
        };
    };
    registerHook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegistrationHookRequest"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcknowledgeHookReply"];
                };
            };
        };
    };
    unregisterHook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegistrationHookRequest"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcknowledgeHookReply"];
                };
            };
        };
    };
    inviteHook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InviteHookRequest"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InviteHookReply"];
                };
            };
        };
    };
    eventHook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventHookBody"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcknowledgeHookReply"];
                };
            };
        };
    };
    channelEvent: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChannelEvent"];
            };
        };
        responses: {
            /** @description Taken. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    dialogEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                callid: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DialogEvent"];
            };
        };
        responses: {
            /** @description Taken. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    registrationEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                domain: string;
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegistrationEvent"];
            };
        };
        responses: {
            /** @description Taken. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    registrationEndEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                domain: string;
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    controlInvite: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ControlInviteBody"];
            };
        };
        responses: {
            /** @description The call; of a list with more than one, a list. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ControlCall"];
                };
            };
            /** @description Refused: `{"error": …}`. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No `onnewcall` is there to route it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
