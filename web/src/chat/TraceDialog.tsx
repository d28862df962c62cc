/** For hosts: which messages were edited or deleted, by whom, when, and how they began. */
import type { ChatHandle, TraceEntry } from "@folkmoot/client";
import { Alert, Loader, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { dateAndTime } from "../lib/time";
import { sentenceOf, refusalOf } from "../session/sentence";
import { Dialog } from "../ui/Dialog";

interface TraceDialogProps {
  opened: boolean;
  talk: Pick<ChatHandle, "trace">;
  onClose: () => void;
}

function Entries({ talk }: Pick<TraceDialogProps, "talk">) {
  const { t, i18n } = useTranslation();
  const [entries, setEntries] = useState<readonly TraceEntry[]>();
  const [error, setError] = useState<string>();
  useEffect(() => {
    let here = true;
    void talk
      .trace()
      .then((found) => here && setEntries(found))
      .catch((thrown: unknown) => here && setError(sentenceOf(i18n, refusalOf(thrown))));
    return () => {
      here = false;
    };
  }, [talk, i18n]);
  if (error !== undefined) return <Alert color="red">{error}</Alert>;
  if (entries === undefined) return <Loader size="sm" />;
  if (entries.length === 0) return <Text c="dimmed">{t("chat.traceNone")}</Text>;
  return (
    <ul className="fm-trace">
      {entries.map((entry, index) => (
        <li key={index}>
          <span>
            {t(entry.what === "edited" ? "chat.traceEdited" : "chat.traceDeleted", {
              by: entry.byName,
              name: entry.name || t("chat.unknownPerson"),
            })}{" "}
            <time>{dateAndTime(entry.timeMs, i18n.language)}</time>
          </span>
          {entry.text !== "" && <q dir="auto">{entry.text}</q>}
        </li>
      ))}
    </ul>
  );
}

export function TraceDialog({ opened, talk, onClose }: TraceDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={onClose} title={t("chat.trace")} centered>
      {opened && <Entries talk={talk} />}
    </Dialog>
  );
}
