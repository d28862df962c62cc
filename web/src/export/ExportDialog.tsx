/** Asks for a copy of the room, shows how far it is, and gives it as a download. */
import type { Conference, ExportFormat } from "@folkmoot/client";
import { Button, Checkbox, Group, Stack, Text } from "@mantine/core";
import { IconCloudPause } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { ClosedNotice } from "../people/ClosedNotice";
import { useObservable } from "../session/hooks";
import { refusalOf, sentenceOf } from "../session/sentence";
import { Dialog } from "../ui/Dialog";
import { save } from "./download";
import { ExportRow } from "./ExportRow";

type Source = Pick<
  Conference,
  "exports" | "servicesAway" | "requestExport" | "exportPath" | "dismiss"
>;

interface ExportDialogProps {
  opened: boolean;
  slug: string;
  conference: Source;
  /** Why nobody of this role may ask for a copy just now. */
  closed?: string | undefined;
  onClose: () => void;
}

function ExportPanel({ slug, conference, closed }: Omit<ExportDialogProps, "opened" | "onClose">) {
  const { t, i18n } = useTranslation();
  const every = useObservable(conference.exports);
  const entries = every.filter(({ document }) => document === "");
  const away = useObservable(conference.servicesAway).includes("export");
  const [formats, setFormats] = useState<string[]>(["markdown", "json"]);
  const [error, setError] = useState<string>();
  const [asking, setAsking] = useState(false);
  const open = every.some(({ phase }) => phase === "waiting" || phase === "making");

  const ask = async () => {
    setError(undefined);
    setAsking(true);
    const submitted = conference.requestExport(formats as ExportFormat[]);
    const outcome = await submitted.outcome;
    setAsking(false);
    if (outcome.state === "saved") return;
    conference.dismiss(submitted.id);
    setError(sentenceOf(i18n, outcome));
  };
  const download = async (id: string) => {
    setError(undefined);
    try {
      save(await conference.exportPath(id, slug));
    } catch (thrown) {
      setError(sentenceOf(i18n, refusalOf(thrown)));
    }
  };

  return (
    <Stack gap="md">
      <Text size="sm">{t("export.text")}</Text>
      {away && (
        <output>
          <Group gap="sm" wrap="nowrap" align="flex-start">
            <IconCloudPause size={20} stroke={1.6} style={{ flex: "none" }} aria-hidden="true" />
            <Text size="sm">{t("export.away")}</Text>
          </Group>
        </output>
      )}
      <Checkbox.Group label={t("export.formats")} value={formats} onChange={setFormats}>
        <Group mt="xs" gap="lg">
          <Checkbox value="markdown" label={t("export.markdown")} />
          <Checkbox value="json" label={t("export.json")} />
        </Group>
      </Checkbox.Group>
      <ClosedNotice text={closed} />
      <Group justify="flex-end">
        <Button
          disabled={open || formats.length === 0 || closed !== undefined}
          loading={asking}
          onClick={() => void ask()}
        >
          {t("export.start")}
        </Button>
      </Group>
      {error !== undefined && (
        <Text size="sm" c="var(--fm-bad)" role="alert">
          {error}
        </Text>
      )}
      {entries.length > 0 && (
        <Stack component="ul" gap="md" m={0} p={0} aria-label={t("export.own")}>
          {entries.toReversed().map((entry) => (
            <ExportRow
              key={entry.id}
              entry={entry}
              free={!open && formats.length > 0 && !asking && closed === undefined}
              onDownload={() => void download(entry.id)}
              onAgain={() => void ask()}
            />
          ))}
        </Stack>
      )}
    </Stack>
  );
}

export function ExportDialog({ opened, onClose, ...rest }: ExportDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title={t("export.title")}
      centered
    >
      <ExportPanel {...rest} />
    </Dialog>
  );
}
