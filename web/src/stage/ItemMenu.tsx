/** What can be done with the thing in sight: a title, a place among the tabs, taking it away. */
import type { Conference } from "@folkmoot/client";
import { Menu } from "@mantine/core";
import {
  IconArrowLeft,
  IconArrowRight,
  IconPencil,
  IconTrash,
} from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { ConfirmDialog } from "../talk/ConfirmDialog";
import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { MoreMenu } from "../ui/MoreMenu";
import { DECK, type Item } from "./model";
import { TitleDialog } from "./TitleDialog";

interface ItemMenuProps {
  conference: Conference;
  item: Item;
  title: string;
  /** Its place among the documents, and how many there are; decks stay as they came. */
  place: number;
  documents: number;
  /** May take it away, too. */
  owns: boolean;
}

type Dialog = "rename" | "remove";

export function ItemMenu({ conference, item, title, place, documents, owns }: ItemMenuProps) {
  const { t } = useTranslation();
  const { error, run } = useOperation(conference);
  const [dialog, setDialog] = useState<Dialog>();
  const close = () => setDialog(undefined);
  const isDeck = item.kind === DECK;
  const icon = { size: 16, stroke: 1.7, "aria-hidden": true } as const;
  const moveTo = (to: number) => void run(conference.library.move(item.id, to));
  return (
    <>
      <MoreMenu label={t("stage.menu", { title })} width={230}>
        <Menu.Item leftSection={<IconPencil {...icon} />} onClick={() => setDialog("rename")}>
          {t("stage.rename")}
        </Menu.Item>
        {!isDeck && (
          <>
            <Menu.Item leftSection={<IconArrowLeft {...icon} className="fm-flip" />}
              disabled={place === 0} onClick={() => moveTo(place - 1)}>
              {t("stage.earlier")}
            </Menu.Item>
            <Menu.Item leftSection={<IconArrowRight {...icon} className="fm-flip" />}
              disabled={place >= documents - 1} onClick={() => moveTo(place + 1)}>
              {t("stage.later")}
            </Menu.Item>
          </>
        )}
        {owns && (
          <Menu.Item c="var(--fm-bad)" leftSection={<IconTrash {...icon} />}
            onClick={() => setDialog("remove")}>
            {t("stage.remove")}
          </Menu.Item>
        )}
      </MoreMenu>
      <Refusal error={error} />
      {dialog === "rename" && (
        <TitleDialog
          conference={conference}
          heading={t("stage.renameTitle", { title })}
          confirm={t("room.renameConfirm")}
          title={title}
          onTitle={(wanted) =>
            isDeck
              ? conference.slides.rename(item.id, wanted)
              : conference.library.rename(item.id, wanted)
          }
          onDone={close}
          onClose={close}
        />
      )}
      <ConfirmDialog
        opened={dialog === "remove"}
        title={t("stage.removeConfirm")}
        text={t(isDeck ? "stage.removeDeckText" : "stage.removeText", { title })}
        onConfirm={() => {
          close();
          void run(
            isDeck ? conference.slides.remove(item.id) : conference.library.remove(item.id),
          );
        }}
        onClose={close}
      />
    </>
  );
}
