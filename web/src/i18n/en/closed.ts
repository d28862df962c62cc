/** Why something cannot be done just now: by setting, and for all that is suspended. */
export const closed = {
  suspended: "Activities are suspended by the host.",
  chat: "The hosts have closed the chat for your role. You can still write to the hosts.",
  private_chat: "The hosts have closed private messages for your role.",
  notes: "The hosts have closed the notes for your role. You can read them.",
  polls: "The hosts have closed voting for your role.",
  questions: "The hosts have closed questions for your role.",
  hand: "The hosts have closed raising hands for your role.",
  reactions: "The hosts have closed reactions for your role.",
  rename: "The hosts have closed renaming for your role.",
  see_people: "The hosts have closed the list for your role: you see them and yourself.",
  export: "The hosts have closed exports for your role.",
  whiteboard: "The hosts have closed the whiteboard for your role. You can look at it.",
  files: "The hosts have not opened sharing files to your role. You can download what is there.",
  annotate: "Only presenters draw on slides, unless the hosts open it to more.",
};
