/** Starts the page. */
import "@mantine/core/styles.css";
import "@fontsource-variable/inter/wght.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/connection.css";
import "./styles/room.css";
import "./styles/editors.css";
import "./styles/people.css";
import "./styles/messages.css";
import "./styles/composer.css";
import "./styles/chat.css";
import "./styles/stage.css";
import "./styles/documents.css";
import "./styles/notes.css";
import "./styles/notes-pictures.css";
import "./styles/slides.css";
import "./styles/slides-side.css";
import "./styles/slides-uploads.css";
import "./styles/history.css";
import "./styles/talk.css";
import "./styles/polls.css";
import "./styles/agenda.css";
import "./styles/files.css";
import "./styles/breakouts.css";

import { createRoot } from "react-dom/client";

import { App } from "./App";
import { startLanguages } from "./i18n";

const root = document.getElementById("root");
if (root) {
  await startLanguages();
  createRoot(root).render(<App />);
}
