/** Breakouts for who runs the room: make them, say who goes where, open, tell all, call back. */
import { areOpen, type Conference } from "@folkmoot/client";
import { useTranslation } from "react-i18next";

import { useObservable } from "../session/hooks";
import { runsRoom } from "../talk/roles";
import { Dialog } from "../ui/Dialog";
import { AssignForm } from "./AssignForm";
import { CreateForm } from "./CreateForm";
import { OpenRooms } from "./OpenRooms";
import { Results } from "./Results";

interface BreakoutsDialogProps {
  opened: boolean;
  conference: Conference;
  onClose: () => void;
}

export function BreakoutsDialog({ opened, conference, onClose }: BreakoutsDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={onClose} title={t("breakouts.title")} size="lg">
      {opened && <Content conference={conference} />}
    </Dialog>
  );
}

function Content({ conference }: { conference: Conference }) {
  const { t } = useTranslation();
  const breakouts = useObservable(conference.breakouts.state);
  const away = useObservable(conference.servicesAway).includes("breakouts");
  const manager = runsRoom(useObservable(conference.roster));
  return (
    <div className="fm-breakouts">
      {away && <output className="fm-talk-note">{t("breakouts.away")}</output>}
      {manager && areOpen(breakouts) && (
        <OpenRooms conference={conference} breakouts={breakouts} />
      )}
      {manager && breakouts.phase === "draft" && (
        <AssignForm conference={conference} breakouts={breakouts} />
      )}
      {manager && !areOpen(breakouts) && breakouts.phase !== "draft" && (
        <CreateForm conference={conference} />
      )}
      {!manager && breakouts.results.length === 0 && (
        <p className="fm-talk-note">{t("breakouts.nothing")}</p>
      )}
      <Results results={breakouts.results} />
    </div>
  );
}
