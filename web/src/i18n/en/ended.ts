export const ended = {
  takenOverTitle: "You went on in another window",
  takenOverText: "This window has stopped, so that nothing is sent twice. You can continue here instead.",
  takenOverAction: "Continue here",
  leftTitle: "You have left “{{title}}”",
  leftText: "What was said and written there stays for the others. With the link you can come back.",
  closedTitle: "The connection has ended",
  joinAgain: "Join again",
  reload: "Reload the page",
};
