export const errors = {
  unreachable: "The server cannot be reached. Check your connection and try again.",
  rate: "Too many rooms or joins were started from this address. Wait a minute and try again.",
  server: "The server could not do this just now. Try again in a moment.",
  busy: "The room cannot be opened just now. Try again in a moment.",
  boundaryTitle: "This page stopped working",
  boundaryText:
    "Nothing that you typed is lost: it is kept in this browser and sent once the page is back.",
  boundaryDetails: "Technical details",
  reload: "Reload the page",
  editorTitle: "The editor could not be shown",
};
