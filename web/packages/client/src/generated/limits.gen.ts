// Generated from src/folkmoot/protocol by `make web-types`. Do not edit.
/** Spoken in the first frame; a server refuses another with `version_unsupported`. */
export const PROTOCOL_VERSION = 1;
/** The newest frames this code knows: a server sends a client only what that one says it knows. 1 is what 0.1.0 spoke; 2 came with `move`. */
export const PROTOCOL_REVISION = 2;
/** Largest WebSocket message a client may send. */
export const FRAME_BYTES_MAX = 262144;
/** Largest WebSocket message of an editor that is not ours: a big paste comes in one. */
export const EDITOR_MESSAGE_BYTES_MAX = 2097152;
/** Largest encoded body of one operation. */
export const OPERATION_BYTES_MAX = 131072;
/** Largest encoded body of one ephemeral message (caret, typing, pointer). */
export const LIVE_BYTES_MAX = 16384;
/** So many people of a conference have different colours: 1 to this. */
export const PERSON_COLOURS = 10;
export const NAME_CHARACTERS_MAX = 64;
export const TITLE_CHARACTERS_MAX = 120;
export const CHAT_CHARACTERS_MAX = 10000;
export const CHAT_MENTIONS_MAX = 20;
/** What a message can be given; one of each by one person. */
export const CHAT_REACTIONS = ["👍", "❤️", "😂", "🎉", "😮", "😢", "👀", "✅"];
/** Of one document as it is opened, without what was deleted; beyond it only deletions are taken. */
export const DOCUMENT_BYTES_MAX = 16777216;
/** Versions of one document that are kept under a name. */
export const VERSIONS_NAMED_MAX = 50;
export const VERSION_NAME_CHARACTERS_MAX = 120;
/** Of a document or a version in one answer; what is larger comes in parts. */
export const DOCUMENT_PART_BYTES_MAX = 131072;
/** Deepest nesting of shared types in a Yjs update. */
export const NESTING_LEVELS_MAX = 64;
/** Operations a client may have sent without knowing their outcome; more wait in the client. */
export const OPERATIONS_IN_FLIGHT_MAX = 256;
/** A client sends `ping` this often when it has nothing else to send. */
export const KEEPALIVE_INTERVAL_MS = 2500;
/** A client that got nothing for so long after a `ping` takes the connection for dead. */
export const KEEPALIVE_TIMEOUT_MS = 5000;
export const TICKET_LIFETIME_MS = 30000;
/** Somebody who waits in the lobby and was away for so long waits no more. */
export const WAITING_LIFETIME_MS = 60000;
/** A session that was away for so long is closed. */
export const SESSION_LIFETIME_MS = 604800000;
/** Polls of one room, drafts and closed ones included; removing one makes place. */
export const POLLS_MAX = 100;
export const POLL_OPTIONS_MAX = 30;
export const POLL_TITLE_CHARACTERS_MAX = 500;
export const POLL_OPTION_CHARACTERS_MAX = 200;
/** Of one answer in words. */
export const POLL_TEXT_CHARACTERS_MAX = 280;
export const POLL_DURATION_S_MAX = 604800;
export const POLL_POINTS_MAX = 1000;
/** Questions of one room, answered ones included. */
export const QUESTIONS_MAX = 500;
/** Questions of one person that wait for an answer. */
export const QUESTIONS_OPEN_EACH_MAX = 20;
export const QUESTION_CHARACTERS_MAX = 1000;
export const ANSWER_CHARACTERS_MAX = 4000;
export const AGENDA_ITEMS_MAX = 100;
export const AGENDA_TITLE_CHARACTERS_MAX = 200;
export const TIMER_DURATION_MS_MAX = 86400000;
/** What can float; anything else is refused, for a reaction is no way round the chat. */
export const REACTIONS = ["👍", "👏", "❤️", "😂", "😮", "🎉", "🤔", "👎"];
/** Decks of slides of one room; removing one makes place. */
export const DECKS_MAX = 20;
export const DECK_PAGES_MAX = 500;
/** Speaker notes of one page. */
export const NOTE_CHARACTERS_MAX = 4000;
/** Speaker notes of one deck. */
export const DECK_NOTES_CHARACTERS_MAX = 60000;
export const MARKS_OF_PAGE_MAX = 300;
/** Of one stroke over a page; a page's client leaves out those that lie on a line. */
export const MARK_POINTS_MAX = 1000;
export const MARK_TEXT_CHARACTERS_MAX = 500;
/** Of one file that is shared. */
export const FILE_BYTES_MAX = 209715200;
/** Of one picture in notes or on a board. */
export const IMAGE_BYTES_MAX = 20971520;
/** Of one file that is shown as slides. */
export const DECK_BYTES_MAX = 104857600;
/** Width by height of a picture that pages may show. */
export const IMAGE_PIXELS_MAX = 50000000;
export const FILE_NAME_CHARACTERS_MAX = 150;
/** Files of one room, those within documents and slides included. */
export const FILES_MAX = 1000;
/** Of all files of one room together. */
export const FILES_BYTES_MAX = 2147483648;
