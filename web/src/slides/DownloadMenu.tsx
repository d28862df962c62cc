/** The file that the slides were made of, and a PDF with what was drawn over them. */
import type { Conference, Deck } from "@folkmoot/client";
import { Menu } from "@mantine/core";
import { IconDownload, IconFile, IconPencil } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { requestSentenceOf } from "../session/sentence";
import { Refusal } from "../talk/Refusal";
import { ToolButton } from "../ui/Toolbar";
import { fetchMade, keepBlob, keepLink } from "./download";

interface DownloadMenuProps {
  conference: Conference;
  deck: Deck;
  /** The sentence that says why copies may not be had; undefined where they may. */
  closed: string | undefined;
}

export function DownloadMenu({ conference, deck, closed }: DownloadMenuProps) {
  const { t, i18n } = useTranslation();
  const [error, setError] = useState<string>();
  const [percent, setPercent] = useState<number>();
  const run = async (work: () => Promise<void>) => {
    setError(undefined);
    try {
      await work();
    } catch (failure) {
      setError(requestSentenceOf(i18n, failure));
    }
    setPercent(undefined);
  };
  const original = () =>
    run(async () => keepLink(await conference.files.link(deck.id)));
  const annotated = () =>
    run(async () => {
      setPercent(0);
      const address = await conference.slides.pdfLink(deck.id);
      const pdf = await fetchMade(address, (done, of) => {
        if (of > 0) setPercent(Math.floor((100 * done) / of));
      });
      keepBlob(pdf, `${deck.title}.pdf`);
    });
  const icon = { size: 16, stroke: 1.7, "aria-hidden": true } as const;
  return (
    <>
      <Menu shadow="md" position="bottom-end" withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <ToolButton name="download" Icon={IconDownload} label={t("slides.download")} />
        </Menu.Target>
        <Menu.Dropdown>
          {closed !== undefined && <Menu.Label>{closed}</Menu.Label>}
          <Menu.Item leftSection={<IconFile {...icon} />} disabled={closed !== undefined}
            onClick={() => void original()}>
            {t("slides.original")}
          </Menu.Item>
          <Menu.Item leftSection={<IconPencil {...icon} />}
            disabled={closed !== undefined || percent !== undefined}
            onClick={() => void annotated()}>
            {t("slides.annotated")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {percent !== undefined && (
        <output className="fm-toolbar-note">{t("slides.making", { percent })}</output>
      )}
      <Refusal error={error} />
    </>
  );
}
