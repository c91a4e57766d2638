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
    "/rooms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Rooms that are open. */
        get: operations["listRooms"];
        put?: never;
        /** Makes an empty room. A room also begins with its first member. */
        post: operations["createRoom"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rooms/{room_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A room. */
        get: operations["getRoom"];
        put?: never;
        post?: never;
        /** Sends everybody away and ends the room. */
        delete: operations["closeRoom"];
        options?: never;
        head?: never;
        /** Changes what is given; the rest stays. */
        patch: operations["updateRoom"];
        trace?: never;
    };
    "/rooms/{room_id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is in the room, in its lobby and at its PIN. */
        get: operations["listMembers"];
        put?: never;
        /** Rings somebody into the room: a registration, or a number at a SIP server. */
        post: operations["dialMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rooms/{room_id}/members/{member_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A member. */
        get: operations["getMember"];
        put?: never;
        post?: never;
        /** Sends a member away: the action `kick`. */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        /** Mutes, deafens, makes louder, gives a role, says who hears whom. What is left out stays. */
        patch: operations["updateMember"];
        trace?: never;
    };
    "/rooms/{room_id}/members/{member_id}/actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets a member in, moves it, takes it aside and back, transfers it, sends digits to it, sends it away. */
        post: operations["actOnMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rooms/{room_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happened in a room: as JSON, or as it happens with `Accept: text/event-stream` or over WebSocket.
         * @description Server-sent events have the event as `data`, its type as `event` and an `id` that goes on after a break (`Last-Event-ID`). A WebSocket handshake at this path opens the same feed: each text frame is a RoomEvent or a RoomFeedNotice. A room can be read for some minutes after its end; who has read all of it gets 204.
         */
        get: operations["readRoomEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happens in all rooms from now on, as server-sent events or over WebSocket.
         * @description What happened before, and what a reader missed, is in the events of each room: `seq` tells what is missing.
         */
        get: operations["followEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/whip/endpoint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Publish into a room by WHIP (RFC 9725).
         * @description The Bearer is a token of the room, made by `/app/…` or `/token/…`.
         */
        post: operations["connectWhip"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/whip/conn/{conn_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End the connection. */
        delete: operations["endWhip"];
        options?: never;
        head?: never;
        /** Candidates of the client, a restart of ICE, or a new offer. `If-Match` is needed. */
        patch: operations["patchWhip"];
        trace?: never;
    };
    "/whep/endpoint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hear a room by WHEP.
         * @description The Bearer is a token of the room, made by `/app/…` or `/token/…`.
         */
        post: operations["connectWhep"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/whep/conn/{conn_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End the connection. */
        delete: operations["endWhep"];
        options?: never;
        head?: never;
        /** Candidates of the client, a restart of ICE, or a new offer. `If-Match` is needed. */
        patch: operations["patchWhep"];
        trace?: never;
    };
    "/webrtc/endpoint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hear a room and speak in it, in one request as of WHIP.
         * @description The Bearer is a token of the room, made by `/app/…` or `/token/…`.
         */
        post: operations["connectWebrtc"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webrtc/conn/{conn_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End the connection. */
        delete: operations["endWebrtc"];
        options?: never;
        head?: never;
        /** Candidates of the client, a restart of ICE, or a new offer. `If-Match` is needed. */
        patch: operations["patchWebrtc"];
        trace?: never;
    };
    "/webrtc/connect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Join a room with an offer, as the SDK of the original does. Audio only. */
        post: operations["connectSdk"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webrtc/ice_remote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A candidate of the client. It is not needed: the client checks, and that shows where it is. */
        post: operations["addIceCandidate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/app/whip_session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a Whip token of the first generation. */
        post: operations["makeWhipToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/app/whep_session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a Whep token of the first generation. */
        post: operations["makeWhepToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/app/webrtc_session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a Webrtc token of the first generation. */
        post: operations["makeWebrtcToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/app/rtmp_session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a Rtmp token of the first generation. */
        post: operations["makeRtmpToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/app/sip_session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a Sip token of the first generation. */
        post: operations["makeSipToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/token/whip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a whip token of the second generation. */
        post: operations["makeWhipDoorToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/token/whep": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a whep token of the second generation. */
        post: operations["makeWhepDoorToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/token/webrtc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a webrtc token of the second generation. */
        post: operations["makeWebrtcDoorToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/token/rtpengine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a rtpengine token of the second generation. */
        post: operations["makeRtpengineDoorToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/join/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A token for a visitor of the page /join who has no invitation.
         * @description For rooms of `join_open`, and for whoever may use the API. It is a `webrtc` token of this room for a day, whose bearer is asked for the PIN of the room, if it has one. `UNAUTHORIZED`: an invitation is needed.
         */
        post: operations["makeGuestToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rooms/{room_id}/streams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The streams of a room. */
        get: operations["listRoomStreams"];
        put?: never;
        /** Connects the room to an application over WebSocket, which becomes a member: it hears, and speaks. */
        post: operations["createStream"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/streams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All streams. */
        get: operations["listStreams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/streams/{stream_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One stream. As a WebSocket handshake, the path is that of a room, to which an application connects itself. */
        get: operations["getStream"];
        put?: never;
        post?: never;
        /** Ends a stream: the application is told `stop`, and the connection is closed with 1000. */
        delete: operations["deleteStream"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sounds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The sounds that rooms know by name. */
        get: operations["listSounds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sounds/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One of them. */
        get: operations["getSound"];
        /** Takes a sound file, in the place of one that has the name. */
        put: operations["putSound"];
        post?: never;
        /** Forgets a sound; what plays it goes on. */
        delete: operations["deleteSound"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rooms/{room_id}/playbacks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What plays and waits in a room, and the last that ended. */
        get: operations["listPlaybacks"];
        put?: never;
        /** Plays a sound to a room, or to one of its members. */
        post: operations["play"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/playbacks/{playback_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One playback, also for a while after its end. */
        get: operations["getPlayback"];
        put?: never;
        post?: never;
        /** Stops it, or takes it out of its queue. */
        delete: operations["stopPlayback"];
        options?: never;
        head?: never;
        /** Pauses it, lets it go on, makes it louder or quieter. */
        patch: operations["updatePlayback"];
        trace?: never;
    };
    "/rooms/{room_id}/recordings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The recordings of a room, also when it is over. */
        get: operations["listRecordingsOfRoom"];
        put?: never;
        /** Records a room, or members of it. */
        post: operations["record"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/recordings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All recordings that run or have files. */
        get: operations["listRecordings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/recordings/{recording_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One recording. */
        get: operations["getRecording"];
        put?: never;
        post?: never;
        /** Stops it; its files stay. */
        delete: operations["stopRecording"];
        options?: never;
        head?: never;
        /** Pauses it, or lets it go on. */
        patch: operations["updateRecording"];
        trace?: never;
    };
    "/recordings/{recording_id}/files/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file of it, or a range of one (RFC 9110 §14). */
        get: operations["getRecordingFile"];
        put?: never;
        post?: never;
        /** Deletes a file; a recording that is over is forgotten with its last one. */
        delete: operations["deleteRecordingFile"];
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
    room: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What happened in a room. Told in order per room, up to 5 times, with `room_events`.
         * @description POST {hook_url}/room, with `Authorization: Bearer` when `hook_secret` is set.
         */
        post: operations["roomHook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
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
        RoomEvent: {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "room_started";
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "room_updated";
            locked: boolean;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "room_ended";
            /** @enum {string} */
            reason: "empty" | "closed" | "expired" | "lost" | "drained";
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "member_joined";
            member: {
                /** @description `session_id` of a call, `conn_id` of a browser up to its dot, `stream_id` of a stream. */
                member_id: string;
                /** @enum {string} */
                kind: "sip" | "webrtc" | "stream";
                /**
                 * @description What it is to the others. A browser may come by WHIP or WHEP (`webrtc`) or as a phone does (`sip`).
                 * @enum {string}
                 */
                device: "phone" | "browser" | "application";
                /** @description The name the room shows; unique in the room. */
                peer: string;
                /** @description The registered user or the one that the token names; null: unknown. */
                identity: string | null;
                /** @enum {string} */
                direction: "in" | "out";
                /** @enum {string} */
                role: "host" | "member" | "listener";
                /**
                 * @description `lobby`: waits to be let in; `pin`: is asked for the PIN. Neither hears the room nor is heard.
                 * @enum {string}
                 */
                place: "room" | "lobby" | "pin";
                /** @description How often it may still enter the PIN; null: it is not asked. */
                pin_tries_left: number | null;
                muted: boolean;
                /**
                 * @description `host`: by a host or the application, so that it cannot unmute itself; null: it is not muted.
                 * @enum {string|null}
                 */
                muted_by: "self" | "host" | null;
                deaf: boolean;
                /** @description Its own phone has put us on hold. */
                held: boolean;
                gain_db: number;
                listen_gain_db: number;
                agc: boolean;
                noise_suppression: boolean;
                /** @description Only these members hear it; null: all. */
                heard_by: string[] | null;
                /** @description It hears only these members; null: all. */
                hears: string[] | null;
                speaking: boolean;
                extra_data: string | null;
                /** @description When it came, in milliseconds since the Unix epoch. */
                joined_ms: number;
            };
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "member_updated";
            member: {
                /** @description `session_id` of a call, `conn_id` of a browser up to its dot, `stream_id` of a stream. */
                member_id: string;
                /** @enum {string} */
                kind: "sip" | "webrtc" | "stream";
                /**
                 * @description What it is to the others. A browser may come by WHIP or WHEP (`webrtc`) or as a phone does (`sip`).
                 * @enum {string}
                 */
                device: "phone" | "browser" | "application";
                /** @description The name the room shows; unique in the room. */
                peer: string;
                /** @description The registered user or the one that the token names; null: unknown. */
                identity: string | null;
                /** @enum {string} */
                direction: "in" | "out";
                /** @enum {string} */
                role: "host" | "member" | "listener";
                /**
                 * @description `lobby`: waits to be let in; `pin`: is asked for the PIN. Neither hears the room nor is heard.
                 * @enum {string}
                 */
                place: "room" | "lobby" | "pin";
                /** @description How often it may still enter the PIN; null: it is not asked. */
                pin_tries_left: number | null;
                muted: boolean;
                /**
                 * @description `host`: by a host or the application, so that it cannot unmute itself; null: it is not muted.
                 * @enum {string|null}
                 */
                muted_by: "self" | "host" | null;
                deaf: boolean;
                /** @description Its own phone has put us on hold. */
                held: boolean;
                gain_db: number;
                listen_gain_db: number;
                agc: boolean;
                noise_suppression: boolean;
                /** @description Only these members hear it; null: all. */
                heard_by: string[] | null;
                /** @description It hears only these members; null: all. */
                hears: string[] | null;
                speaking: boolean;
                extra_data: string | null;
                /** @description When it came, in milliseconds since the Unix epoch. */
                joined_ms: number;
            };
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "member_left";
            member_id: string;
            peer: string;
            /** @enum {string} */
            cause: "left" | "kicked" | "moved" | "replaced" | "room-closed" | "room-expired" | "pin-failed" | "lobby-timeout" | "failed";
            moved_to?: string;
            /** @description Of a `kick` for which one was given; all who read the events read it. */
            reason?: string;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "unmute_asked";
            member_id: string;
            peer: string;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "speaking_started";
            member_id: string;
            peer: string;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "speaking_stopped";
            member_id: string;
            peer: string;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "active_speaker";
            member_id: string | null;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "dtmf";
            member_id: string;
            peer: string;
            /** @description 0-9 * # A-D. */
            digit: string;
            /** @description What the menu of the room did with it; null: nothing. */
            action: string | null;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "playback_started";
            playback_id: string;
            member_id: string | null;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "playback_ended";
            playback_id: string;
            member_id: string | null;
            /** @enum {string} */
            reason: "played" | "stopped" | "gone";
            played_ms: number;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "playback_failed";
            playback_id: string;
            member_id: string | null;
            error: string;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "recording_started";
            recording_id: string;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "recording_paused";
            recording_id: string;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "recording_resumed";
            recording_id: string;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "recording_ready";
            recording_id: string;
            /** @description Its name; GET /recordings/{recording_id}/files/{file}. */
            file: string;
            /** @description Whose sound it is; null: the mix. */
            member_id: string | null;
            duration_ms: number;
            bytes: number;
            sha256: string;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "recording_stopped";
            recording_id: string;
            reason: string;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "recording_failed";
            recording_id: string;
            error: string;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "stream_started";
            stream_id: string;
        } | {
            /** @description Grows by one from event to event of this room, from 1 at room_started. */
            seq: number;
            room_id: string;
            /** @description Milliseconds since the Unix epoch. */
            ts: number;
            /** @enum {string} */
            type: "stream_stopped";
            stream_id: string;
            reason: string;
        };
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
            /** @description What the room is like if this caller makes it; one that is there stays as it is. */
            room?: {
                /** @description Nobody comes in but hosts. */
                locked?: boolean;
                /** @description Asked for by keys, three times; null: none. */
                pin?: string | null;
                /** @description Members wait in the lobby until a host is there. */
                wait_for_host?: boolean;
                /** @description Members wait in the lobby until somebody lets them in. */
                lobby?: boolean;
                /** @description Longest wait in the lobby; 0: no limit. */
                lobby_timeout_s?: number;
                max_members?: number | null;
                /** @description The room ends after so long. */
                max_age_s?: number | null;
                /** @description The room ends after nobody has spoken for so long. */
                idle_s?: number | null;
                /** @description A room that was made over the API stays so long without members. */
                empty_s?: number;
                /** @description The room ends when the last host leaves. */
                ends_with_host?: boolean;
                /** @description Sound of /sounds, or `tone:…`; null: none. */
                entry_sound?: string | null;
                exit_sound?: string | null;
                /** @description What a member hears that is alone. */
                alone_sound?: string | null;
                /** @description What those in the lobby hear. */
                hold_sound?: string | null;
                mute_on_entry?: boolean;
                menu?: {
                    [key: string]: "toggle_mute" | "toggle_deaf" | "louder" | "quieter" | "listen_louder" | "listen_quieter" | "leave" | "toggle_lock" | "mute_all" | "unmute_all" | "ask_to_unmute_all" | "end_room" | "say_count";
                } | null;
                host_menu?: {
                    [key: string]: "toggle_mute" | "toggle_deaf" | "louder" | "quieter" | "listen_louder" | "listen_quieter" | "leave" | "toggle_lock" | "mute_all" | "unmute_all" | "ask_to_unmute_all" | "end_room" | "say_count";
                } | null;
                /**
                 * @description A member's phone that asks us to call somebody (REFER) is refused, or has that one rung into the room.
                 * @enum {string}
                 */
                refer?: "off" | "room";
            } | null;
            /** @description How the caller comes in. */
            member?: {
                /** @enum {string} */
                role?: "host" | "member" | "listener";
                /** @description It comes muted. */
                muted?: boolean;
                /** @description It is not asked for the PIN. */
                skips_pin?: boolean;
            } | null;
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
            /** @description A member of a room who sends this one to that number by a blind transfer; its leg is up already. */
            referred_by?: string;
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
        RoomFeedNotice: {
            /**
             * @description First of all, over WebSocket only: from here on nothing is left out.
             * @enum {string}
             */
            type: "opened";
            /** @description Left out of the feed of all rooms, as what follows. */
            room_id?: string;
            /** @description When this room began: for `started_ms` of the next connection. */
            started_ms?: number;
            /** @description Of the newest event there is. */
            last_seq?: number;
        } | {
            /** @enum {string} */
            type: "missed";
            /** @description So many events after `after` are not kept any more. */
            missed: number;
        } | {
            room_id: string;
            levels: {
                member_id: string;
                /** @description RFC 6464: −dBov, 0 (loudest) … 127 (silence). */
                level: number;
                speaking: boolean;
            }[];
            /** @description Members left out: there were too many. */
            omitted: number;
            /** @enum {string} */
            type: "levels";
        } | {
            /**
             * @description The room is over, and all of it was told.
             * @enum {string}
             */
            type: "end";
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
            error: "BAD_REQUEST" | "NOT_FOUND" | "INVALID_DEST_ADDR" | "INVALID_HOOK_URI" | "INVALID_SERVER_ALIAS" | "UNAUTHORIZED" | "INVALID_TOKEN" | "TOKEN_EXPIRED" | "FORBIDDEN" | "UNKNOWN_ROUTE" | "METHOD_NOT_ALLOWED" | "CONNECTION_NOT_FOUND" | "NOT_ACCEPTABLE" | "PRECONDITION_FAILED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "INTERNAL_ERROR" | "MAX_CONN" | "OVERLOADED" | "NOT_READY" | "DRAINING" | "ROOM_NOT_FOUND" | "MEMBER_NOT_FOUND" | "REGISTRATION_NOT_FOUND" | "ROOM_EXISTS" | "ROOM_LOCKED" | "ROOM_FULL" | "ROOM_CLOSED" | "NOT_IN_LOBBY" | "NOT_IN_ROOM" | "MUTED_BY_HOST" | "NOWHERE_TO_RETURN" | "NOT_SUPPORTED" | "WRONG_STATE" | "IDEMPOTENCY_KEY_IN_USE" | "IDEMPOTENCY_KEY_REUSED" | "UNPROCESSABLE" | "PRECONDITION_REQUIRED" | "TOO_MANY_REQUESTS" | "PEER_REFUSED" | "STREAM_NOT_FOUND" | "URL_NOT_ALLOWED" | "STREAM_UNREACHABLE" | "TOO_MANY_STREAMS" | "TOO_MANY_ROOMS" | "SOUND_NOT_FOUND" | "PLAYBACK_NOT_FOUND" | "RECORDING_NOT_FOUND" | "FILE_NOT_FOUND" | "ALREADY_RECORDED" | "RANGE_NOT_SATISFIABLE" | "SPEECH_NOT_CONFIGURED" | "NO_SPACE";
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
        RoomList: {
            rooms: components["schemas"]["RoomView"][];
        };
        RoomView: {
            room_id: string;
            /** @enum {string} */
            state: "open" | "ending";
            settings: {
                /** @description Nobody comes in but hosts. */
                locked?: boolean;
                /** @description Members wait in the lobby until a host is there. */
                wait_for_host?: boolean;
                /** @description Members wait in the lobby until somebody lets them in. */
                lobby?: boolean;
                /** @description Longest wait in the lobby; 0: no limit. */
                lobby_timeout_s?: number;
                max_members?: number | null;
                /** @description The room ends after so long. */
                max_age_s?: number | null;
                /** @description The room ends after nobody has spoken for so long. */
                idle_s?: number | null;
                /** @description A room that was made over the API stays so long without members. */
                empty_s?: number;
                /** @description The room ends when the last host leaves. */
                ends_with_host?: boolean;
                /** @description Sound of /sounds, or `tone:…`; null: none. */
                entry_sound?: string | null;
                exit_sound?: string | null;
                /** @description What a member hears that is alone. */
                alone_sound?: string | null;
                /** @description What those in the lobby hear. */
                hold_sound?: string | null;
                mute_on_entry?: boolean;
                menu?: {
                    [key: string]: "toggle_mute" | "toggle_deaf" | "louder" | "quieter" | "listen_louder" | "listen_quieter" | "leave" | "toggle_lock" | "mute_all" | "unmute_all" | "ask_to_unmute_all" | "end_room" | "say_count";
                } | null;
                host_menu?: {
                    [key: string]: "toggle_mute" | "toggle_deaf" | "louder" | "quieter" | "listen_louder" | "listen_quieter" | "leave" | "toggle_lock" | "mute_all" | "unmute_all" | "ask_to_unmute_all" | "end_room" | "say_count";
                } | null;
                /**
                 * @description A member's phone that asks us to call somebody (REFER) is refused, or has that one rung into the room.
                 * @enum {string}
                 */
                refer?: "off" | "room";
                has_pin: boolean;
            };
            members: number;
            in_lobby: number;
            created_ms: number;
            last_seq: number;
            active_speaker: string | null;
        };
        Problem: {
            status: number;
            title: string;
            /** @enum {string} */
            code: "BAD_REQUEST" | "NOT_FOUND" | "INVALID_DEST_ADDR" | "INVALID_HOOK_URI" | "INVALID_SERVER_ALIAS" | "UNAUTHORIZED" | "INVALID_TOKEN" | "TOKEN_EXPIRED" | "FORBIDDEN" | "UNKNOWN_ROUTE" | "METHOD_NOT_ALLOWED" | "CONNECTION_NOT_FOUND" | "NOT_ACCEPTABLE" | "PRECONDITION_FAILED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "INTERNAL_ERROR" | "MAX_CONN" | "OVERLOADED" | "NOT_READY" | "DRAINING" | "ROOM_NOT_FOUND" | "MEMBER_NOT_FOUND" | "REGISTRATION_NOT_FOUND" | "ROOM_EXISTS" | "ROOM_LOCKED" | "ROOM_FULL" | "ROOM_CLOSED" | "NOT_IN_LOBBY" | "NOT_IN_ROOM" | "MUTED_BY_HOST" | "NOWHERE_TO_RETURN" | "NOT_SUPPORTED" | "WRONG_STATE" | "IDEMPOTENCY_KEY_IN_USE" | "IDEMPOTENCY_KEY_REUSED" | "UNPROCESSABLE" | "PRECONDITION_REQUIRED" | "TOO_MANY_REQUESTS" | "PEER_REFUSED" | "STREAM_NOT_FOUND" | "URL_NOT_ALLOWED" | "STREAM_UNREACHABLE" | "TOO_MANY_STREAMS" | "TOO_MANY_ROOMS" | "SOUND_NOT_FOUND" | "PLAYBACK_NOT_FOUND" | "RECORDING_NOT_FOUND" | "FILE_NOT_FOUND" | "ALREADY_RECORDED" | "RANGE_NOT_SATISFIABLE" | "SPEECH_NOT_CONFIGURED" | "NO_SPACE";
            /** @description For people. */
            detail?: string;
        };
        CreateRoomBody: {
            /** @description Nobody comes in but hosts. */
            locked?: boolean;
            /** @description Asked for by keys, three times; null: none. */
            pin?: string | null;
            /** @description Members wait in the lobby until a host is there. */
            wait_for_host?: boolean;
            /** @description Members wait in the lobby until somebody lets them in. */
            lobby?: boolean;
            /** @description Longest wait in the lobby; 0: no limit. */
            lobby_timeout_s?: number;
            max_members?: number | null;
            /** @description The room ends after so long. */
            max_age_s?: number | null;
            /** @description The room ends after nobody has spoken for so long. */
            idle_s?: number | null;
            /** @description A room that was made over the API stays so long without members. */
            empty_s?: number;
            /** @description The room ends when the last host leaves. */
            ends_with_host?: boolean;
            /** @description Sound of /sounds, or `tone:…`; null: none. */
            entry_sound?: string | null;
            exit_sound?: string | null;
            /** @description What a member hears that is alone. */
            alone_sound?: string | null;
            /** @description What those in the lobby hear. */
            hold_sound?: string | null;
            mute_on_entry?: boolean;
            menu?: {
                [key: string]: "toggle_mute" | "toggle_deaf" | "louder" | "quieter" | "listen_louder" | "listen_quieter" | "leave" | "toggle_lock" | "mute_all" | "unmute_all" | "ask_to_unmute_all" | "end_room" | "say_count";
            } | null;
            host_menu?: {
                [key: string]: "toggle_mute" | "toggle_deaf" | "louder" | "quieter" | "listen_louder" | "listen_quieter" | "leave" | "toggle_lock" | "mute_all" | "unmute_all" | "ask_to_unmute_all" | "end_room" | "say_count";
            } | null;
            /**
             * @description A member's phone that asks us to call somebody (REFER) is refused, or has that one rung into the room.
             * @enum {string}
             */
            refer?: "off" | "room";
            room_id?: string;
        };
        RoomSettings: {
            /** @description Nobody comes in but hosts. */
            locked?: boolean;
            /** @description Asked for by keys, three times; null: none. */
            pin?: string | null;
            /** @description Members wait in the lobby until a host is there. */
            wait_for_host?: boolean;
            /** @description Members wait in the lobby until somebody lets them in. */
            lobby?: boolean;
            /** @description Longest wait in the lobby; 0: no limit. */
            lobby_timeout_s?: number;
            max_members?: number | null;
            /** @description The room ends after so long. */
            max_age_s?: number | null;
            /** @description The room ends after nobody has spoken for so long. */
            idle_s?: number | null;
            /** @description A room that was made over the API stays so long without members. */
            empty_s?: number;
            /** @description The room ends when the last host leaves. */
            ends_with_host?: boolean;
            /** @description Sound of /sounds, or `tone:…`; null: none. */
            entry_sound?: string | null;
            exit_sound?: string | null;
            /** @description What a member hears that is alone. */
            alone_sound?: string | null;
            /** @description What those in the lobby hear. */
            hold_sound?: string | null;
            mute_on_entry?: boolean;
            menu?: {
                [key: string]: "toggle_mute" | "toggle_deaf" | "louder" | "quieter" | "listen_louder" | "listen_quieter" | "leave" | "toggle_lock" | "mute_all" | "unmute_all" | "ask_to_unmute_all" | "end_room" | "say_count";
            } | null;
            host_menu?: {
                [key: string]: "toggle_mute" | "toggle_deaf" | "louder" | "quieter" | "listen_louder" | "listen_quieter" | "leave" | "toggle_lock" | "mute_all" | "unmute_all" | "ask_to_unmute_all" | "end_room" | "say_count";
            } | null;
            /**
             * @description A member's phone that asks us to call somebody (REFER) is refused, or has that one rung into the room.
             * @enum {string}
             */
            refer?: "off" | "room";
        };
        MemberList: {
            members: components["schemas"]["MemberView"][];
        };
        MemberView: {
            /** @description `session_id` of a call, `conn_id` of a browser up to its dot, `stream_id` of a stream. */
            member_id: string;
            /** @enum {string} */
            kind: "sip" | "webrtc" | "stream";
            /**
             * @description What it is to the others. A browser may come by WHIP or WHEP (`webrtc`) or as a phone does (`sip`).
             * @enum {string}
             */
            device: "phone" | "browser" | "application";
            /** @description The name the room shows; unique in the room. */
            peer: string;
            /** @description The registered user or the one that the token names; null: unknown. */
            identity: string | null;
            /** @enum {string} */
            direction: "in" | "out";
            /** @enum {string} */
            role: "host" | "member" | "listener";
            /**
             * @description `lobby`: waits to be let in; `pin`: is asked for the PIN. Neither hears the room nor is heard.
             * @enum {string}
             */
            place: "room" | "lobby" | "pin";
            /** @description How often it may still enter the PIN; null: it is not asked. */
            pin_tries_left: number | null;
            muted: boolean;
            /**
             * @description `host`: by a host or the application, so that it cannot unmute itself; null: it is not muted.
             * @enum {string|null}
             */
            muted_by: "self" | "host" | null;
            deaf: boolean;
            /** @description Its own phone has put us on hold. */
            held: boolean;
            gain_db: number;
            listen_gain_db: number;
            agc: boolean;
            noise_suppression: boolean;
            /** @description Only these members hear it; null: all. */
            heard_by: string[] | null;
            /** @description It hears only these members; null: all. */
            hears: string[] | null;
            speaking: boolean;
            extra_data: string | null;
            /** @description When it came, in milliseconds since the Unix epoch. */
            joined_ms: number;
        };
        UpdateMemberBody: {
            /** @description The application's word is a host's: what it mutes only it or a host unmutes. By a participant's token: its own. */
            muted?: boolean;
            deaf?: boolean;
            /** @description dB */
            gain_db?: number;
            /** @description dB */
            listen_gain_db?: number;
            agc?: boolean;
            noise_suppression?: boolean;
            /** @enum {string} */
            role?: "host" | "member" | "listener";
            heard_by?: string[] | null;
            hears?: string[] | null;
        };
        MemberActionResult: {
            member_id: string;
            /** @description Where the member is now, or will be: the other room after `move`, `side_room` and `return`. */
            room_id: string;
            /** @description `transfer`: the last status that the member's phone told of the new call. */
            status_code?: number;
        };
        DialResult: {
            /** @description The `session_id` of the call; its member is there once it is answered. */
            member_id: string;
        };
        DialBody: {
            /** @description A registration. */
            session_id: string;
            from_number: string;
            to_number?: string;
            /** @enum {string} */
            role?: "host" | "member" | "listener";
        } | {
            /** @description A server profile, or `host[:port]`. */
            server: string;
            from_number: string;
            to_number: string;
            username?: string;
            password?: string;
            /** @enum {string} */
            role?: "host" | "member" | "listener";
        };
        MemberActionBody: {
            /** @enum {string} */
            action: "admit";
        } | {
            /** @enum {string} */
            action: "ask_to_unmute";
        } | {
            /** @enum {string} */
            action: "move";
            room_id: string;
        } | {
            /** @enum {string} */
            action: "side_room";
            /** @description Made where it is left out. */
            room_id?: string;
        } | {
            /** @enum {string} */
            action: "return";
        } | {
            /** @enum {string} */
            action: "transfer";
            /** @description A SIP URI. */
            to: string;
        } | {
            /** @enum {string} */
            action: "dtmf";
            digits: string;
            duration_ms?: number;
        } | {
            /** @enum {string} */
            action: "kick";
            reason?: string;
            prompt?: string;
        };
        RoomEventPage: {
            room_id: string;
            /** @description When this room began: tells it from an earlier one of the same name. */
            started_ms: number;
            /** @description Of the newest event there is. */
            last_seq: number;
            /** @description What to give as `after` next. */
            next_after: number;
            /** @description Events after `after` that are not kept any more; 0 for who reads in time. */
            missed: number;
            /** @description `room_ended` is in the log. */
            is_over: boolean;
            events: components["schemas"]["RoomEvent"][];
        };
        ConnectResult: {
            node_id: number;
            conn_id: string;
            sdp: string;
        };
        ConnectBody: {
            room?: string | null;
            peer?: string | null;
            token: string;
            sdp: string;
            sub_scope?: string | null;
            /** @description `stream_only`: it is heard, and counts as nobody's company: who is with it alone is alone. */
            pub_scope?: string | null;
            /**
             * @description Disabled: it hears nothing. The room has one mix for all, so that there is no manual choice.
             * @enum {string|null}
             */
            mix_minus_audio?: "Disabled" | "AllAudioStreams" | "ManualAudioStreams" | null;
        };
        IceRemoteBody: {
            conn_id: string;
            /** @description A value of `a=candidate`; empty: there are no more. */
            candidate: string;
        };
        SessionTokenAnswer: {
            /** @enum {boolean} */
            success: true;
            data: {
                token: string;
            };
        };
        SessionTokenBody: {
            /** @description Null: any. */
            room?: string | null;
            /** @description Null: any. */
            peer?: string | null;
            /** @description Seconds; without it the token never ends. */
            expires_in?: number | null;
            /** @description `webrtc` only; true unless told. */
            publish?: boolean | null;
            /** @description `webrtc` only; true unless told. */
            subscribe?: boolean | null;
            /** @description What the application says of the member; signed, so that the client cannot change it. */
            extra_data?: string | null;
        };
        DoorTokenBody: {
            room: string;
            peer?: string | null;
            /** @description Seconds. */
            ttl: number;
            record?: boolean | null;
            /** @description What the application says of the member; signed, so that the client cannot change it. */
            extra_data?: string | null;
        };
        JoinTokenBody: {
            room: string;
        };
        StreamView: {
            /** @description Also its member_id in the room. */
            stream_id: string;
            room_id: string;
            /** @enum {string} */
            state: "open" | "reconnecting";
            /**
             * @description `out`: we connected.
             * @enum {string}
             */
            direction: "in" | "out";
            /** @description Without its credentials and query; null: the application connected. */
            url: string | null;
            name: string;
            /**
             * @description `mulaw`: G.711 µ-law, one byte a sample. `l16`: 16 bits a sample, signed, little-endian. Both mono.
             * @enum {string}
             */
            encoding: "mulaw" | "l16";
            /** @description Samples a second. */
            rate: 8000 | 16000 | 24000;
            /**
             * @description What the application does: `hears` is never heard and keeps no room alive.
             * @enum {string}
             */
            ways: "both" | "hears" | "speaks";
            of: string;
            /**
             * @description `json`: sound as base64 in `media` messages. `binary`: sound as binary frames without a header.
             * @enum {string}
             */
            frames: "json" | "binary";
            chunk_ms: number;
            /** @description In milliseconds since the Unix epoch. */
            started_ms: number;
            sent_chunks: number;
            /** @description Sound that the application did not take in time, oldest first. */
            lost_chunks: number;
            /** @description Sound that came from the application. */
            received_ms: number;
            /** @description Sound from it for which `buffer_ms` had no room. */
            refused_ms: number;
            /** @description Sound from it that has not been said yet. */
            waiting_ms: number;
        };
        CreateStreamBody: {
            /**
             * @description `mulaw`: G.711 µ-law, one byte a sample. `l16`: 16 bits a sample, signed, little-endian. Both mono.
             * @default mulaw
             * @enum {string}
             */
            encoding?: "mulaw" | "l16";
            /**
             * @description Samples a second.
             * @default 8000
             */
            rate?: 8000 | 16000 | 24000;
            /**
             * @description What the application does: `hears` is never heard and keeps no room alive.
             * @default both
             * @enum {string}
             */
            ways?: "both" | "hears" | "speaks";
            /**
             * @description `mix`: the room without the stream itself. A member_id: that member alone, who alone hears the stream.
             * @default mix
             */
            of?: string;
            /**
             * @description What the room shows.
             * @default stream
             */
            name?: string;
            /**
             * @default member
             * @enum {string}
             */
            role?: "host" | "member" | "listener";
            /**
             * @description Told in `start`.
             * @default {}
             */
            custom_parameters?: {
                [key: string]: string;
            };
            /**
             * @description Sound in one message.
             * @default 20
             */
            chunk_ms?: number;
            /**
             * @description `json`: sound as base64 in `media` messages. `binary`: sound as binary frames without a header.
             * @default json
             * @enum {string}
             */
            frames?: "json" | "binary";
            /**
             * @description It stays when nobody but streams is left, who otherwise end then.
             * @default false
             */
            stays?: boolean;
            /**
             * @description Sound of the application that may wait to be said; what comes beyond is dropped and counted.
             * @default 60000
             */
            buffer_ms?: number;
            /**
             * Format: uri
             * @description Where we connect to.
             */
            url: string;
            /**
             * @description How often a connection that broke is made again, after 0.5 s, 1 s, 2 s …; each begins with `connected`.
             * @default 0
             */
            reconnects?: number;
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
    listRooms: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The oldest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomList"];
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createRoom: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request with the same key is done once; it gets the first answer again for an hour. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateRoomBody"];
            };
        };
        responses: {
            /** @description It is open, and stays so for `empty_s` without members. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomView"];
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRoom: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomView"];
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    closeRoom: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is ending. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomView"];
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    updateRoom: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoomSettings"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomView"];
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listMembers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description In the order in which they came. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberList"];
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dialMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request with the same key is done once; it gets the first answer again for an hour. */
                "idempotency-key"?: string;
            };
            path: {
                room_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DialBody"];
            };
        };
        responses: {
            /** @description The leg exists; it does not ring yet. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DialResult"];
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
                member_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberView"];
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeMember: {
        parameters: {
            query?: {
                /** @description Text of the Reason header, of the log and of `member_left`. */
                reason?: string;
                /** @description Sound that the member hears before it goes. */
                prompt?: string;
            };
            header?: never;
            path: {
                room_id: string;
                member_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberActionResult"];
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    updateMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
                member_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateMemberBody"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberView"];
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    actOnMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request with the same key is done once; it gets the first answer again for an hour. */
                "idempotency-key"?: string;
            };
            path: {
                room_id: string;
                member_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MemberActionBody"];
            };
        };
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberActionResult"];
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readRoomEvents: {
        parameters: {
            query?: {
                /** @description The last event that was read; 0 or left out: from the beginning. */
                after?: number | null;
                /** @description Of the room that `after` belongs to; where another one has begun since, that one is given from its beginning. */
                started_ms?: number | null;
                /** @description JSON only; 1000. */
                limit?: number;
                /** @description JSON only: waits so long for something to tell; 0. */
                wait_s?: number | null;
                /** @description Feeds only: 1 also sends `levels`, ten times a second. */
                levels?: "0" | "1";
            };
            header?: {
                "last-event-id"?: string;
            };
            path: {
                room_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events in order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomEventPage"];
                    "text/event-stream": string;
                };
            };
            /** @description The room is over and all of it was read; server-sent events only. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followEvents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events as they happen. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    connectWhip: {
        parameters: {
            query?: {
                /** @description Where the token is for any. */
                room?: string;
                /** @description Where the token names none. */
                peer?: string;
                /** @description So many single voices, the loudest, in place of the mix: one for each m-line. */
                tracks?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/sdp": string;
            };
        };
        responses: {
            /** @description The answer. `Location`: the connection; `ETag`: its session of ICE; `Link`: ICE servers. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/sdp": string;
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
    endWhip: {
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
            /** @description It has ended. */
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
    patchWhip: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                conn_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/trickle-ice-sdpfrag": string;
                "application/sdp": string;
            };
        };
        responses: {
            /** @description What the restart or the offer is answered with. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/trickle-ice-sdpfrag": string;
                };
            };
            /** @description Candidates were taken. */
            204: {
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
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    connectWhep: {
        parameters: {
            query?: {
                /** @description Where the token is for any. */
                room?: string;
                /** @description Where the token names none. */
                peer?: string;
                /** @description So many single voices, the loudest, in place of the mix: one for each m-line. */
                tracks?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/sdp": string;
            };
        };
        responses: {
            /** @description The answer. `Location`: the connection; `ETag`: its session of ICE; `Link`: ICE servers. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/sdp": string;
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
    endWhep: {
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
            /** @description It has ended. */
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
    patchWhep: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                conn_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/trickle-ice-sdpfrag": string;
                "application/sdp": string;
            };
        };
        responses: {
            /** @description What the restart or the offer is answered with. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/trickle-ice-sdpfrag": string;
                };
            };
            /** @description Candidates were taken. */
            204: {
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
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    connectWebrtc: {
        parameters: {
            query?: {
                /** @description Where the token is for any. */
                room?: string;
                /** @description Where the token names none. */
                peer?: string;
                /** @description So many single voices, the loudest, in place of the mix: one for each m-line. */
                tracks?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/sdp": string;
            };
        };
        responses: {
            /** @description The answer. `Location`: the connection; `ETag`: its session of ICE; `Link`: ICE servers. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/sdp": string;
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
    endWebrtc: {
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
            /** @description It has ended. */
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
    patchWebrtc: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                conn_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/trickle-ice-sdpfrag": string;
                "application/sdp": string;
            };
        };
        responses: {
            /** @description What the restart or the offer is answered with. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/trickle-ice-sdpfrag": string;
                };
            };
            /** @description Candidates were taken. */
            204: {
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
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    connectSdk: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectBody"];
            };
        };
        responses: {
            /** @description The answer; or `INVALID_TOKEN`, which upstream says with this status. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: components["schemas"]["ConnectResult"];
                    } | {
                        /** @enum {boolean} */
                        status: false;
                        /** @enum {string} */
                        error: "INVALID_TOKEN";
                        message?: string;
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
    addIceCandidate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IceRemoteBody"];
            };
        };
        responses: {
            /** @description Taken. */
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
    makeWhipToken: {
        parameters: {
            query?: {
                /** @description `api_secret`, in place of a Bearer. */
                app_secret?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionTokenBody"];
            };
        };
        responses: {
            /** @description The token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionTokenAnswer"];
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
    makeWhepToken: {
        parameters: {
            query?: {
                /** @description `api_secret`, in place of a Bearer. */
                app_secret?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionTokenBody"];
            };
        };
        responses: {
            /** @description The token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionTokenAnswer"];
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
    makeWebrtcToken: {
        parameters: {
            query?: {
                /** @description `api_secret`, in place of a Bearer. */
                app_secret?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionTokenBody"];
            };
        };
        responses: {
            /** @description The token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionTokenAnswer"];
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
    makeRtmpToken: {
        parameters: {
            query?: {
                /** @description `api_secret`, in place of a Bearer. */
                app_secret?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionTokenBody"];
            };
        };
        responses: {
            /** @description The token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionTokenAnswer"];
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
    makeSipToken: {
        parameters: {
            query?: {
                /** @description `api_secret`, in place of a Bearer. */
                app_secret?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionTokenBody"];
            };
        };
        responses: {
            /** @description The token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionTokenAnswer"];
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
    makeWhipDoorToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DoorTokenBody"];
            };
        };
        responses: {
            /** @description The token, or that the Bearer is not `api_secret`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: {
                            token: string;
                        };
                    } | {
                        /** @enum {boolean} */
                        status: false;
                        /** @enum {string} */
                        error: "APP_TOKEN_INVALID";
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
    makeWhepDoorToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DoorTokenBody"];
            };
        };
        responses: {
            /** @description The token, or that the Bearer is not `api_secret`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: {
                            token: string;
                        };
                    } | {
                        /** @enum {boolean} */
                        status: false;
                        /** @enum {string} */
                        error: "APP_TOKEN_INVALID";
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
    makeWebrtcDoorToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DoorTokenBody"];
            };
        };
        responses: {
            /** @description The token, or that the Bearer is not `api_secret`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: {
                            token: string;
                        };
                    } | {
                        /** @enum {boolean} */
                        status: false;
                        /** @enum {string} */
                        error: "APP_TOKEN_INVALID";
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
    makeRtpengineDoorToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DoorTokenBody"];
            };
        };
        responses: {
            /** @description The token, or that the Bearer is not `api_secret`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: {
                            token: string;
                        };
                    } | {
                        /** @enum {boolean} */
                        status: false;
                        /** @enum {string} */
                        error: "APP_TOKEN_INVALID";
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
    makeGuestToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JoinTokenBody"];
            };
        };
        responses: {
            /** @description The token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        status: true;
                        data: {
                            token: string;
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
    listRoomStreams: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Those that are open. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        streams: components["schemas"]["StreamView"][];
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createStream: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateStreamBody"];
            };
        };
        responses: {
            /** @description The application has been told `start`. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamView"];
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listStreams: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Those that are open. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        streams: components["schemas"]["StreamView"][];
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStream: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                stream_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamView"];
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteStream: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                stream_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSounds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description In the order of their names. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        sounds: {
                            /** @description 1 to 64 letters, digits, `-` and `_`. */
                            name: string;
                            /** @enum {string} */
                            format: "wav" | "ogg" | "mp3";
                            bytes: number;
                            duration_ms: number;
                            sample_rate_hz: number;
                            channels: number;
                            /** @description Of the file, in hex. */
                            sha256: string;
                            /** @description Milliseconds since the Unix epoch. */
                            changed_ms: number;
                        }[];
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSound: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 1 to 64 letters, digits, `-` and `_`. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description 1 to 64 letters, digits, `-` and `_`. */
                        name: string;
                        /** @enum {string} */
                        format: "wav" | "ogg" | "mp3";
                        bytes: number;
                        duration_ms: number;
                        sample_rate_hz: number;
                        channels: number;
                        /** @description Of the file, in hex. */
                        sha256: string;
                        /** @description Milliseconds since the Unix epoch. */
                        changed_ms: number;
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putSound: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 1 to 64 letters, digits, `-` and `_`. */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "audio/wav": string;
                "audio/ogg": string;
                "audio/mpeg": string;
            };
        };
        responses: {
            /** @description Another one was there. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description 1 to 64 letters, digits, `-` and `_`. */
                        name: string;
                        /** @enum {string} */
                        format: "wav" | "ogg" | "mp3";
                        bytes: number;
                        duration_ms: number;
                        sample_rate_hz: number;
                        channels: number;
                        /** @description Of the file, in hex. */
                        sha256: string;
                        /** @description Milliseconds since the Unix epoch. */
                        changed_ms: number;
                    };
                };
            };
            /** @description It is new. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description 1 to 64 letters, digits, `-` and `_`. */
                        name: string;
                        /** @enum {string} */
                        format: "wav" | "ogg" | "mp3";
                        bytes: number;
                        duration_ms: number;
                        sample_rate_hz: number;
                        channels: number;
                        /** @description Of the file, in hex. */
                        sha256: string;
                        /** @description Milliseconds since the Unix epoch. */
                        changed_ms: number;
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSound: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 1 to 64 letters, digits, `-` and `_`. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPlaybacks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The oldest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        playbacks: {
                            playback_id: string;
                            room_id: string;
                            member_id: string | null;
                            source: {
                                /** @description An http or https URL of a WAV, Ogg Opus or MP3 file. */
                                url?: string;
                                /** @description 1 to 64 letters, digits, `-` and `_`. */
                                sound?: string;
                                /** @description `440*0.5/0:400/200`: frequencies, then durations in ms; see docs/sounds.md. */
                                tone?: string;
                                /** @description Is spoken. */
                                text?: string;
                                silence_ms?: number;
                            };
                            /**
                             * @description `loading`: the file is fetched or the text is spoken; `queued`: others are before it.
                             * @enum {string}
                             */
                            state: "loading" | "queued" | "playing" | "paused" | "ended" | "failed";
                            loops: number;
                            gain_db: number;
                            duck_db: number;
                            created_ms: number;
                            /** @description Known at the end. */
                            played_ms: number | null;
                            /**
                             * @description Of `ended`.
                             * @enum {string|null}
                             */
                            reason: "played" | "stopped" | "gone" | null;
                            /** @description Of `failed`. */
                            error: string | null;
                        }[];
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    play: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description An http or https URL of a WAV, Ogg Opus or MP3 file. */
                    url?: string;
                    /** @description 1 to 64 letters, digits, `-` and `_`. */
                    sound?: string;
                    /** @description `440*0.5/0:400/200`: frequencies, then durations in ms; see docs/sounds.md. */
                    tone?: string;
                    /** @description Is spoken. */
                    text?: string;
                    silence_ms?: number;
                    /** @description It alone hears the sound; left out: all do. */
                    member_id?: string;
                    /** @description Of `text`; that of tts_voice where it is left out. */
                    voice?: string;
                    /** @description How often in all; 0: until it is stopped. Left out: once. */
                    loops?: number;
                    /** @description dB */
                    gain_db?: number;
                    /** @description So much quieter while a member speaks. */
                    duck_db?: number;
                    /** @description With member_id: heard beside the room, which is usual; false: in place of it. */
                    over?: boolean;
                    /** @description After what plays and waits for the same room or member. Else at once: a room hears both, a member the new one alone. */
                    queue?: boolean;
                };
            };
        };
        responses: {
            /** @description How it goes on are events of the room. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        playback_id: string;
                        room_id: string;
                        member_id: string | null;
                        source: {
                            /** @description An http or https URL of a WAV, Ogg Opus or MP3 file. */
                            url?: string;
                            /** @description 1 to 64 letters, digits, `-` and `_`. */
                            sound?: string;
                            /** @description `440*0.5/0:400/200`: frequencies, then durations in ms; see docs/sounds.md. */
                            tone?: string;
                            /** @description Is spoken. */
                            text?: string;
                            silence_ms?: number;
                        };
                        /**
                         * @description `loading`: the file is fetched or the text is spoken; `queued`: others are before it.
                         * @enum {string}
                         */
                        state: "loading" | "queued" | "playing" | "paused" | "ended" | "failed";
                        loops: number;
                        gain_db: number;
                        duck_db: number;
                        created_ms: number;
                        /** @description Known at the end. */
                        played_ms: number | null;
                        /**
                         * @description Of `ended`.
                         * @enum {string|null}
                         */
                        reason: "played" | "stopped" | "gone" | null;
                        /** @description Of `failed`. */
                        error: string | null;
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPlayback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playback_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        playback_id: string;
                        room_id: string;
                        member_id: string | null;
                        source: {
                            /** @description An http or https URL of a WAV, Ogg Opus or MP3 file. */
                            url?: string;
                            /** @description 1 to 64 letters, digits, `-` and `_`. */
                            sound?: string;
                            /** @description `440*0.5/0:400/200`: frequencies, then durations in ms; see docs/sounds.md. */
                            tone?: string;
                            /** @description Is spoken. */
                            text?: string;
                            silence_ms?: number;
                        };
                        /**
                         * @description `loading`: the file is fetched or the text is spoken; `queued`: others are before it.
                         * @enum {string}
                         */
                        state: "loading" | "queued" | "playing" | "paused" | "ended" | "failed";
                        loops: number;
                        gain_db: number;
                        duck_db: number;
                        created_ms: number;
                        /** @description Known at the end. */
                        played_ms: number | null;
                        /**
                         * @description Of `ended`.
                         * @enum {string|null}
                         */
                        reason: "played" | "stopped" | "gone" | null;
                        /** @description Of `failed`. */
                        error: string | null;
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stopPlayback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playback_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it ended. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        playback_id: string;
                        room_id: string;
                        member_id: string | null;
                        source: {
                            /** @description An http or https URL of a WAV, Ogg Opus or MP3 file. */
                            url?: string;
                            /** @description 1 to 64 letters, digits, `-` and `_`. */
                            sound?: string;
                            /** @description `440*0.5/0:400/200`: frequencies, then durations in ms; see docs/sounds.md. */
                            tone?: string;
                            /** @description Is spoken. */
                            text?: string;
                            silence_ms?: number;
                        };
                        /**
                         * @description `loading`: the file is fetched or the text is spoken; `queued`: others are before it.
                         * @enum {string}
                         */
                        state: "loading" | "queued" | "playing" | "paused" | "ended" | "failed";
                        loops: number;
                        gain_db: number;
                        duck_db: number;
                        created_ms: number;
                        /** @description Known at the end. */
                        played_ms: number | null;
                        /**
                         * @description Of `ended`.
                         * @enum {string|null}
                         */
                        reason: "played" | "stopped" | "gone" | null;
                        /** @description Of `failed`. */
                        error: string | null;
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    updatePlayback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playback_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    paused?: boolean;
                    /** @description dB */
                    gain_db?: number;
                };
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        playback_id: string;
                        room_id: string;
                        member_id: string | null;
                        source: {
                            /** @description An http or https URL of a WAV, Ogg Opus or MP3 file. */
                            url?: string;
                            /** @description 1 to 64 letters, digits, `-` and `_`. */
                            sound?: string;
                            /** @description `440*0.5/0:400/200`: frequencies, then durations in ms; see docs/sounds.md. */
                            tone?: string;
                            /** @description Is spoken. */
                            text?: string;
                            silence_ms?: number;
                        };
                        /**
                         * @description `loading`: the file is fetched or the text is spoken; `queued`: others are before it.
                         * @enum {string}
                         */
                        state: "loading" | "queued" | "playing" | "paused" | "ended" | "failed";
                        loops: number;
                        gain_db: number;
                        duck_db: number;
                        created_ms: number;
                        /** @description Known at the end. */
                        played_ms: number | null;
                        /**
                         * @description Of `ended`.
                         * @enum {string|null}
                         */
                        reason: "played" | "stopped" | "gone" | null;
                        /** @description Of `failed`. */
                        error: string | null;
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRecordingsOfRoom: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The oldest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        recordings: {
                            recording_id: string;
                            room_id: string;
                            source: string;
                            /** @enum {string} */
                            format: "wav" | "ogg";
                            rate: number;
                            /** @enum {string} */
                            state: "recording" | "paused" | "stopped" | "failed";
                            /** @description Milliseconds since the Unix epoch. */
                            started_ms: number;
                            /**
                             * @description Why it was stopped. `crashed`: by the end of the program; its files were repaired at the next start.
                             * @enum {string|null}
                             */
                            reason: "requested" | "max-length" | "room-ended" | "member-left" | "lost" | "shutdown" | "crashed" | null;
                            /** @description Of `failed`: what the system said, as ENOSPC. */
                            error: string | null;
                            /** @description Left out, because it could not be written in time. */
                            lost_ms: number;
                            /** @description Those that are finished. */
                            files: {
                                /** @description GET /recordings/{recording_id}/files/{file}. */
                                file: string;
                                /** @description Whose sound it is; null: the mix. */
                                member_id: string | null;
                                /** @description When it begins, from the start of the recording: the time line of all its files. */
                                start_ms: number;
                                duration_ms: number;
                                bytes: number;
                                /** @description In hex. */
                                sha256: string;
                            }[];
                        }[];
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    record: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description `mix`, which is usual: all together; `members`: each in a file of its own, also who comes later; or a member_id. */
                    source?: string;
                    /**
                     * @description 16-bit PCM, or Opus in Ogg; wav unless told.
                     * @enum {string}
                     */
                    format?: "wav" | "ogg";
                    /** @description Hz; 16000 unless told. */
                    rate?: 8000 | 16000 | 48000;
                    /** @description A new file after so many seconds; no sample is lost. */
                    split_s?: number;
                    /** @description The recording ends after so many seconds. */
                    max_s?: number;
                };
            };
        };
        responses: {
            /** @description It runs; its files are told by events. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        recording_id: string;
                        room_id: string;
                        source: string;
                        /** @enum {string} */
                        format: "wav" | "ogg";
                        rate: number;
                        /** @enum {string} */
                        state: "recording" | "paused" | "stopped" | "failed";
                        /** @description Milliseconds since the Unix epoch. */
                        started_ms: number;
                        /**
                         * @description Why it was stopped. `crashed`: by the end of the program; its files were repaired at the next start.
                         * @enum {string|null}
                         */
                        reason: "requested" | "max-length" | "room-ended" | "member-left" | "lost" | "shutdown" | "crashed" | null;
                        /** @description Of `failed`: what the system said, as ENOSPC. */
                        error: string | null;
                        /** @description Left out, because it could not be written in time. */
                        lost_ms: number;
                        /** @description Those that are finished. */
                        files: {
                            /** @description GET /recordings/{recording_id}/files/{file}. */
                            file: string;
                            /** @description Whose sound it is; null: the mix. */
                            member_id: string | null;
                            /** @description When it begins, from the start of the recording: the time line of all its files. */
                            start_ms: number;
                            duration_ms: number;
                            bytes: number;
                            /** @description In hex. */
                            sha256: string;
                        }[];
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRecordings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The oldest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        recordings: {
                            recording_id: string;
                            room_id: string;
                            source: string;
                            /** @enum {string} */
                            format: "wav" | "ogg";
                            rate: number;
                            /** @enum {string} */
                            state: "recording" | "paused" | "stopped" | "failed";
                            /** @description Milliseconds since the Unix epoch. */
                            started_ms: number;
                            /**
                             * @description Why it was stopped. `crashed`: by the end of the program; its files were repaired at the next start.
                             * @enum {string|null}
                             */
                            reason: "requested" | "max-length" | "room-ended" | "member-left" | "lost" | "shutdown" | "crashed" | null;
                            /** @description Of `failed`: what the system said, as ENOSPC. */
                            error: string | null;
                            /** @description Left out, because it could not be written in time. */
                            lost_ms: number;
                            /** @description Those that are finished. */
                            files: {
                                /** @description GET /recordings/{recording_id}/files/{file}. */
                                file: string;
                                /** @description Whose sound it is; null: the mix. */
                                member_id: string | null;
                                /** @description When it begins, from the start of the recording: the time line of all its files. */
                                start_ms: number;
                                duration_ms: number;
                                bytes: number;
                                /** @description In hex. */
                                sha256: string;
                            }[];
                        }[];
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRecording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        recording_id: string;
                        room_id: string;
                        source: string;
                        /** @enum {string} */
                        format: "wav" | "ogg";
                        rate: number;
                        /** @enum {string} */
                        state: "recording" | "paused" | "stopped" | "failed";
                        /** @description Milliseconds since the Unix epoch. */
                        started_ms: number;
                        /**
                         * @description Why it was stopped. `crashed`: by the end of the program; its files were repaired at the next start.
                         * @enum {string|null}
                         */
                        reason: "requested" | "max-length" | "room-ended" | "member-left" | "lost" | "shutdown" | "crashed" | null;
                        /** @description Of `failed`: what the system said, as ENOSPC. */
                        error: string | null;
                        /** @description Left out, because it could not be written in time. */
                        lost_ms: number;
                        /** @description Those that are finished. */
                        files: {
                            /** @description GET /recordings/{recording_id}/files/{file}. */
                            file: string;
                            /** @description Whose sound it is; null: the mix. */
                            member_id: string | null;
                            /** @description When it begins, from the start of the recording: the time line of all its files. */
                            start_ms: number;
                            duration_ms: number;
                            bytes: number;
                            /** @description In hex. */
                            sha256: string;
                        }[];
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stopRecording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description With its files. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        recording_id: string;
                        room_id: string;
                        source: string;
                        /** @enum {string} */
                        format: "wav" | "ogg";
                        rate: number;
                        /** @enum {string} */
                        state: "recording" | "paused" | "stopped" | "failed";
                        /** @description Milliseconds since the Unix epoch. */
                        started_ms: number;
                        /**
                         * @description Why it was stopped. `crashed`: by the end of the program; its files were repaired at the next start.
                         * @enum {string|null}
                         */
                        reason: "requested" | "max-length" | "room-ended" | "member-left" | "lost" | "shutdown" | "crashed" | null;
                        /** @description Of `failed`: what the system said, as ENOSPC. */
                        error: string | null;
                        /** @description Left out, because it could not be written in time. */
                        lost_ms: number;
                        /** @description Those that are finished. */
                        files: {
                            /** @description GET /recordings/{recording_id}/files/{file}. */
                            file: string;
                            /** @description Whose sound it is; null: the mix. */
                            member_id: string | null;
                            /** @description When it begins, from the start of the recording: the time line of all its files. */
                            start_ms: number;
                            duration_ms: number;
                            bytes: number;
                            /** @description In hex. */
                            sha256: string;
                        }[];
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    updateRecording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    paused: boolean;
                };
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        recording_id: string;
                        room_id: string;
                        source: string;
                        /** @enum {string} */
                        format: "wav" | "ogg";
                        rate: number;
                        /** @enum {string} */
                        state: "recording" | "paused" | "stopped" | "failed";
                        /** @description Milliseconds since the Unix epoch. */
                        started_ms: number;
                        /**
                         * @description Why it was stopped. `crashed`: by the end of the program; its files were repaired at the next start.
                         * @enum {string|null}
                         */
                        reason: "requested" | "max-length" | "room-ended" | "member-left" | "lost" | "shutdown" | "crashed" | null;
                        /** @description Of `failed`: what the system said, as ENOSPC. */
                        error: string | null;
                        /** @description Left out, because it could not be written in time. */
                        lost_ms: number;
                        /** @description Those that are finished. */
                        files: {
                            /** @description GET /recordings/{recording_id}/files/{file}. */
                            file: string;
                            /** @description Whose sound it is; null: the mix. */
                            member_id: string | null;
                            /** @description When it begins, from the start of the recording: the time line of all its files. */
                            start_ms: number;
                            duration_ms: number;
                            bytes: number;
                            /** @description In hex. */
                            sha256: string;
                        }[];
                    };
                };
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRecordingFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: string;
                file: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The range. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteRecordingFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recording_id: string;
                file: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done; `code` says why. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
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
    roomHook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoomEvent"];
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
