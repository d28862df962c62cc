/** One export: how far it is, and what can be done with it. */
import type { ExportInfo } from "@folkmoot/client";
import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import { IconDownload, IconRefresh } from "@tabler/icons-react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";

import { clock } from "../lib/time";

interface ExportRowProps {
  entry: ExportInfo;
  /** What it is, where there are several kinds. */
  label?: string | undefined;
  /** Whether a new one may be asked for now. */
  free: boolean;
  onDownload: () => void;
  onAgain: () => void;
}

function sizeOf(bytes: number, language: string): string {
  const unit = bytes < 1_000_000 ? "kilobyte" : "megabyte";
  const value = bytes / (unit === "kilobyte" ? 1_000 : 1_000_000);
  const format = new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: 1 });
  return format.format(Math.max(value, 0.1));
}

function sentenceOf(entry: ExportInfo, t: TFunction, language: string): string {
  switch (entry.phase) {
    case "waiting":
      return t("export.waiting");
    case "making":
      return entry.attempt > 1 ? t("export.makingAgain") : t("export.making");
    case "finished":
      return t("export.finished", { size: sizeOf(entry.bytes, language) });
    case "failed":
      return t("export.failed", { reason: entry.reason });
  }
}

export function ExportRow({ entry, label, free, onDownload, onAgain }: ExportRowProps) {
  const { t, i18n } = useTranslation();
  const { phase, done, of } = entry;
  return (
    <Stack component="li" gap="xs">
      <Group justify="space-between" wrap="nowrap">
        <div>
          <output>
            <Text size="sm" fw={600} c={phase === "failed" ? "var(--fm-bad)" : undefined}>
              {label !== undefined && `${label}: `}
              {sentenceOf(entry, t, i18n.language)}
            </Text>
          </output>
          <Text size="xs" c="dimmed">
            {t("export.asked", { when: clock(entry.requestedMs, i18n.language) })}
          </Text>
        </div>
        {phase === "finished" && (
          <Button
            size="xs"
            leftSection={<IconDownload size={16} aria-hidden="true" />}
            onClick={onDownload}
          >
            {t("export.download")}
          </Button>
        )}
        {phase === "failed" && (
          <Button
            size="xs"
            variant="light"
            disabled={!free}
            leftSection={<IconRefresh size={16} aria-hidden="true" />}
            onClick={onAgain}
          >
            {t("export.again")}
          </Button>
        )}
      </Group>
      {phase === "making" && (
        <Progress
          value={of > 0 ? (done / of) * 100 : 5}
          aria-label={t("export.progress", { done, of })}
        />
      )}
    </Stack>
  );
}
