/** The pages of a board: opens one, and changes the one that is open. */
import { Button, Group, Menu, TextInput } from "@mantine/core";
import {
  IconArrowBackUp,
  IconArrowLeft,
  IconArrowRight,
  IconChevronDown,
  IconCopy,
  IconPencil,
  IconTrash,
} from "@tabler/icons-react";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";

import { Dialog } from "../ui/Dialog";
import { PAGE_NAME_CHARACTERS_MAX, type PageList } from "./binding/pages";
import type { BoardActs } from "./useBoardActs";

interface PageMenuProps {
  list: PageList;
  page: string;
  editable: boolean;
  acts: BoardActs;
  onOpen: (page: string) => void;
}

const REMOVED_SHOWN_MAX = 5;

export function PageMenu({ list, page, editable, acts, onOpen }: PageMenuProps) {
  const { t } = useTranslation();
  const [renaming, setRenaming] = useState(false);
  const at = list.pages.findIndex(({ id }) => id === page);
  const count = list.pages.length;
  return (
    <>
      <Menu position="bottom-start" width={270} shadow="md" withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button variant="subtle" color="gray" size="compact-md" className="fm-board-page"
            rightSection={<IconChevronDown size={15} stroke={1.8} aria-hidden="true" />}>
            <bdi className="fm-board-page-name">{acts.titleOf(page)}</bdi>
            <span className="fm-board-page-count">
              {t("board.page.place", { n: at + 1, count })}
            </span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown className="fm-board-pages">
          <Menu.RadioGroup value={page} onChange={onOpen}>
            {list.pages.map(({ id }, n) => (
              <Menu.RadioItem key={id} value={id}>
                <bdi>{acts.titleOf(id)}</bdi>
                <span className="fm-board-page-count"> {n + 1}</span>
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
          {editable && (
            <>
              <Menu.Divider />
              <Menu.Item leftSection={<IconPencil size={17} stroke={1.7} aria-hidden="true" />}
                onClick={() => setRenaming(true)}>
                {t("board.page.rename")}
              </Menu.Item>
              <Menu.Item leftSection={<IconCopy size={17} stroke={1.7} aria-hidden="true" />}
                disabled={acts.full} onClick={() => acts.duplicate(page)}>
                {t("board.page.duplicate")}
              </Menu.Item>
              <Menu.Item disabled={at <= 0} onClick={() => acts.move(page, at - 1)}
                leftSection={<IconArrowLeft className="fm-turns" size={17} aria-hidden="true" />}>
                {t("board.page.earlier")}
              </Menu.Item>
              <Menu.Item disabled={at >= count - 1} onClick={() => acts.move(page, at + 1)}
                leftSection={<IconArrowRight className="fm-turns" size={17} aria-hidden="true" />}>
                {t("board.page.later")}
              </Menu.Item>
              <Menu.Item color="red" disabled={count < 2} onClick={() => acts.remove(page)}
                leftSection={<IconTrash size={17} stroke={1.7} aria-hidden="true" />}>
                {t("board.page.remove")}
              </Menu.Item>
              {list.removed.slice(0, REMOVED_SHOWN_MAX).map(({ id }) => (
                <Menu.Item key={id} onClick={() => acts.restore(id)}
                  leftSection={<IconArrowBackUp size={17} stroke={1.7} aria-hidden="true" />}>
                  {t("board.page.restore", { page: acts.titleOf(id) })}
                </Menu.Item>
              ))}
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {renaming && (
        <NameDialog name={list.pages[at]?.name ?? ""} onClose={() => setRenaming(false)}
          onName={(name) => acts.rename(page, name)} />
      )}
    </>
  );
}

interface NameDialogProps {
  name: string;
  onName: (name: string) => void;
  onClose: () => void;
}

function NameDialog({ name, onName, onClose }: NameDialogProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onName(text);
    onClose();
  };
  return (
    <Dialog opened onClose={onClose} title={t("board.page.rename")} centered>
      <form onSubmit={submit}>
        <TextInput label={t("board.page.name")} description={t("board.page.nameHint")} value={text}
          maxLength={PAGE_NAME_CHARACTERS_MAX} data-autofocus
          onChange={(event) => setText(event.currentTarget.value)} />
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={onClose}>{t("room.cancel")}</Button>
          <Button type="submit">{t("board.page.keepName")}</Button>
        </Group>
      </form>
    </Dialog>
  );
}
