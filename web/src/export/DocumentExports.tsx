/** Files of one document: asks for one, shows how far it is, and gives it when it is ready. */
import type { Conference, DocumentFormat, ExportInfo } from "@folkmoot/client";
import { Button, Group, Stack, Text } from "@mantine/core";
import { IconCloudPause } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useObservable } from "../session/hooks";
import { refusalOf, sentenceOf } from "../session/sentence";
import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { Dialog } from "../ui/Dialog";
import { save } from "./download";
import { ExportRow } from "./ExportRow";

type Source = Pick<
  Conference,
  "exports" | "servicesAway" | "library" | "exportPath" | "dismiss"
>;

export interface DocumentExportsProps {
  conference: Source;
  document: string;
  kind: "rich" | "text";
  title: string;
  /** A version, or the position of a point; the document as it is where it is left out. */
  at?: string | number;
  onClose: () => void;
}

const FORMATS: Record<"rich" | "text", readonly DocumentFormat[]> = {
  rich: ["markdown", "html", "pdf", "docx"],
  text: ["text", "html", "pdf", "docx"],
};
const SHOWN_MAX = 5;

function isFormat(format: string | undefined): format is DocumentFormat {
  return format !== undefined && [...FORMATS.rich, ...FORMATS.text].includes(format as never);
}

/** Downloads what was asked for here as soon as it is ready, once. */
function useReady(
  { conference, document, at = "" }: Pick<DocumentExportsProps, "conference" | "document" | "at">,
  download: (id: string) => void,
) {
  const every = useObservable(conference.exports);
  const of = (one: ExportInfo) => (typeof at === "number" ? one.point : one.version);
  const bare = (one: ExportInfo) => typeof at === "number" || one.point === 0;
  const entries = every.filter(
    (one) => one.document === document && of(one) === at && bare(one),
  );
  const known = useRef<Set<string> | null>(null);
  const given = useRef(download);
  given.current = download;
  const finished = entries.filter(({ phase }) => phase === "finished").map(({ id }) => id);
  const ids = finished.join(" ");
  useEffect(() => {
    const ready = ids === "" ? [] : ids.split(" ");
    const before = known.current;
    known.current = new Set(ready);
    if (before === null) return; // those were ready when the dialog was opened
    for (const id of ready) if (!before.has(id)) given.current(id);
  }, [ids]);
  // One at a time is made for a person, of whatever document.
  const open = every.some(({ phase }) => phase === "waiting" || phase === "making");
  return { entries, open };
}

function Exports(props: Omit<DocumentExportsProps, "onClose">) {
  const { conference, document, kind, at = "" } = props;
  const { t, i18n } = useTranslation();
  const away = useObservable(conference.servicesAway).includes("export");
  const { busy, error, run } = useOperation(conference);
  const [failed, setFailed] = useState<string>();
  const download = async (id: string) => {
    setFailed(undefined);
    try {
      save(await conference.exportPath(id));
    } catch (thrown) {
      setFailed(sentenceOf(i18n, refusalOf(thrown)));
    }
  };
  const { entries, open } = useReady(props, (id) => void download(id));
  const ask = (format: DocumentFormat) => {
    setFailed(undefined);
    void run(conference.library.export(document, format, at));
  };
  return (
    <Stack gap="md">
      <Text size="sm">{t("export.documentText")}</Text>
      {away && (
        <output>
          <Group gap="sm" wrap="nowrap" align="flex-start">
            <IconCloudPause size={20} stroke={1.6} style={{ flex: "none" }} aria-hidden="true" />
            <Text size="sm">{t("export.away")}</Text>
          </Group>
        </output>
      )}
      <Group gap="xs">
        {FORMATS[kind].map((format) => (
          <Button key={format} size="sm" variant="light" disabled={open || busy}
            onClick={() => ask(format)}>
            {t(`export.as.${format}`)}
          </Button>
        ))}
      </Group>
      <Refusal error={error ?? failed} />
      {entries.length > 0 && (
        <Stack component="ul" gap="md" m={0} p={0} aria-label={t("export.own")}>
          {entries.toReversed().slice(0, SHOWN_MAX).map((entry) => {
            const [format] = entry.formats;
            return (
              <ExportRow
                key={entry.id}
                entry={entry}
                label={isFormat(format) ? t(`export.as.${format}`) : undefined}
                free={!open && !busy}
                onDownload={() => void download(entry.id)}
                onAgain={() => {
                  if (isFormat(format)) ask(format);
                }}
              />
            );
          })}
        </Stack>
      )}
    </Stack>
  );
}

export default function DocumentExports({ onClose, ...rest }: DocumentExportsProps) {
  const { t } = useTranslation();
  return (
    <Dialog
      opened
      onClose={onClose}
      title={t("export.documentTitle", { title: rest.title })}
      centered
    >
      <Exports {...rest} />
    </Dialog>
  );
}
