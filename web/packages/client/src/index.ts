/** What users of the client need; see README.md. */
export { ApiError, createRoom, getRoom } from "./api";
export type { ApiOptions, Room, RoomInfo, RoomPlan } from "./api";
export { areOpen, shuffled } from "./apps/breakouts";
export type { BreakoutResult, Breakouts, BreakoutsPhase } from "./apps/breakouts";
export { compareIds, TO_EVERYONE, TO_HOSTS } from "./apps/chat";
export type {
  Chat,
  ChatMessage,
  ChatQuote,
  PendingChange,
  PendingMessage,
  PreviewMessage,
} from "./apps/chat";
export type { ChatHandle, Found, Say, TraceEntry } from "./chatHandle";
export { ROLES } from "./apps/doors";
export type { Ban, Doors, Lobby, Locks, Role, Waiting } from "./apps/doors";
export { authorRuns } from "./apps/documentHistory";
export type {
  Author,
  AuthorRun,
  Authors,
  DocumentHistory,
  DocumentVersion,
  VersionContent,
  Writer,
} from "./apps/documentHistory";
export type { Edit, Stretch } from "./apps/documentPoints";
export type {
  DocumentInfo,
  DocumentKind,
  DocumentList,
  RemovedDocument,
} from "./apps/documentList";
export type {
  DocumentFormat,
  ExportFormat,
  ExportInfo,
  ExportList,
  ExportPhase,
} from "./apps/exports";
export type { FileList, SharedFile } from "./apps/files";
export { leftOf } from "./apps/agenda";
export type { Agenda, AgendaItem, SharedTimer } from "./apps/agenda";
export type { Hand, Hands } from "./apps/hands";
export { quorumReached } from "./apps/polls";
export type {
  Poll,
  PollAnswer,
  PollKind,
  PollList,
  PollTerms,
  PollVote,
  Ranking,
  Standing,
} from "./apps/polls";
export type { Question, QuestionPhase, Questions } from "./apps/questions";
export type { Reaction } from "./apps/reactions";
export { NO_DECKS } from "./apps/slides";
export { DRAFT_FADES_MS, draftsAfter, draftsAt, NO_DRAFTS } from "./apps/slideDrafts";
export type { SlideDraft, SlideDrafts } from "./apps/slideDrafts";
export type {
  Deck,
  DeckList,
  DeckPhase,
  MarkPoint,
  MarkTool,
  PageSize,
  SlideMark,
} from "./apps/slides";
export type { Roster, RosterPerson } from "./apps/roster";
export { NO_STAGE } from "./apps/stage";
export type { Stage } from "./apps/stage";
export type { Conference } from "./conference";
export type { ConferenceEvent, LiveMessage } from "./flow";
export { BreakoutRooms } from "./breakoutRooms";
export type { Broadcast } from "./breakoutRooms";
export { connect, enterBreakout, resumable } from "./connect";
export type { ConnectOptions } from "./connect";
export type { PageLine, PageWords, PictureSize } from "./deckPages";
export { Decks } from "./decks";
export type { DeckRefused, NewMark } from "./decks";
export { Editors } from "./editors";
export type { EditorLink, NewEditorLink } from "./editors";
export { RICH_FIELD, TEXT_FIELD } from "./documents";
export type { DocumentHandle, DocumentSnapshot } from "./documents";
export { CODES } from "./generated/codes.gen";
export * from "./generated/limits.gen";
export type { Observable } from "./observable";
export type { OperationView, Submitted } from "./operations";
export { messageOf } from "./session";
export type { Outcome } from "./session";
export type { HistoryChange, Library } from "./library";
export { isOpen, openTo, People } from "./people";
export type { DoorsChange, Lockable, SettingName } from "./people";
export { SETTINGS } from "./generated/settings.gen";
export { BRIEF_MS, type Notice, type Phase, type Status } from "./status";
export type { StageHandle } from "./stageHandle";
export { SharedFiles } from "./sharedFiles";
export type { Uploaded } from "./sharedFiles";
export type { StorageHealth } from "./store";
export type { Talk } from "./talk";
export type { Purpose, UploadOptions } from "./uploads";
