/** Above a board: its pages, whom one follows, copies to take along. */
import { ActionIcon, Button, Loader, Menu } from "@mantine/core";
import {
  IconChevronLeft,
  IconChevronRight,
  IconDownload,
  IconEye,
  IconEyeOff,
  IconFileTypePdf,
  IconPhoto,
  IconPlus,
  IconSvg,
  IconUpload,
  IconVectorTriangle,
} from "@tabler/icons-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";

import type { PageList } from "./binding/pages";
import { BoardHistory } from "./BoardHistory";
import type { CopyFormat } from "./copies";
import { PageMenu } from "./PageMenu";
import type { BoardActs } from "./useBoardActs";
import type { Other } from "./usePresence";

interface BoardBarProps {
  ydoc: Y.Doc;
  list: PageList;
  page: string;
  editable: boolean;
  acts: BoardActs;
  others: readonly Other[];
  onOpen: (page: string) => void;
  /** The session that is followed. */
  followed: number | null;
  onFollow: (number: number) => void;
  onStop: () => void;
}

export function BoardBar(props: BoardBarProps) {
  const { list, page, editable, acts, onOpen } = props;
  const { t } = useTranslation();
  const at = list.pages.findIndex(({ id }) => id === page);
  const [before, after] = [list.pages[at - 1], list.pages[at + 1]];
  return (
    <nav className="fm-board-bar" aria-label={t("board.bar")}>
      <ActionIcon variant="subtle" color="gray" disabled={before === undefined}
        aria-label={t("board.page.previous")} onClick={() => before && onOpen(before.id)}>
        <IconChevronLeft className="fm-turns" size={18} stroke={1.8} aria-hidden="true" />
      </ActionIcon>
      <PageMenu list={list} page={page} editable={editable} acts={acts} onOpen={onOpen} />
      <ActionIcon variant="subtle" color="gray" disabled={after === undefined}
        aria-label={t("board.page.next")} onClick={() => after && onOpen(after.id)}>
        <IconChevronRight className="fm-turns" size={18} stroke={1.8} aria-hidden="true" />
      </ActionIcon>
      {editable && (
        <ActionIcon variant="subtle" color="gray" disabled={acts.full}
          aria-label={t("board.page.add")} title={t("board.page.add")} onClick={acts.add}>
          <IconPlus size={18} stroke={1.8} aria-hidden="true" />
        </ActionIcon>
      )}
      <span className="fm-spring" />
      <FollowMenu {...props} />
      <BoardHistory ydoc={props.ydoc} editable={editable} />
      <CopyMenu editable={editable} acts={acts} />
    </nav>
  );
}

function FollowMenu({ others, followed, onFollow, onStop }: BoardBarProps) {
  const { t } = useTranslation();
  const who = others.find(({ number }) => number === followed);
  if (who !== undefined) {
    return (
      <Button size="compact-sm" variant="light" onClick={onStop}
        leftSection={<IconEyeOff size={15} stroke={1.8} aria-hidden="true" />}>
        <span className="fm-board-follow">{t("board.follow.stop", { name: who.name })}</span>
      </Button>
    );
  }
  if (others.length === 0) return null;
  return (
    <Menu position="bottom-end" width={220} shadow="md" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t("board.follow.menu")}
          title={t("board.follow.menu")}>
          <IconEye size={18} stroke={1.7} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {others.map(({ number, name }) => (
          <Menu.Item key={number} onClick={() => onFollow(number)}>
            {t("board.follow.start", { name })}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

const COPIES: readonly { format: CopyFormat; Icon: typeof IconPhoto }[] = [
  { format: "png", Icon: IconPhoto },
  { format: "svg", Icon: IconSvg },
  { format: "pdf", Icon: IconFileTypePdf },
  { format: "excalidraw", Icon: IconVectorTriangle },
];

function CopyMenu({ editable, acts }: Pick<BoardBarProps, "editable" | "acts">) {
  const { t } = useTranslation();
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <Menu position="bottom-end" width={260} shadow="md" withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t("board.copy.menu")}
            title={t("board.copy.menu")} aria-busy={acts.making !== null || undefined}>
            {acts.making === null
              ? <IconDownload size={18} stroke={1.7} aria-hidden="true" />
              : <Loader size={16} aria-hidden="true" />}
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {COPIES.map(({ format, Icon }) => (
            <Menu.Item key={format} disabled={acts.making !== null}
              leftSection={<Icon size={17} stroke={1.7} aria-hidden="true" />}
              onClick={() => acts.copy(format)}>
              {t(`board.copy.${format}`)}
            </Menu.Item>
          ))}
          {editable && (
            <>
              <Menu.Divider />
              <Menu.Item leftSection={<IconUpload size={17} stroke={1.7} aria-hidden="true" />}
                onClick={() => picker.current?.click()}>
                {t("board.copy.bring")}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <input ref={picker} type="file" hidden accept=".excalidraw,.json" tabIndex={-1}
        aria-label={t("board.copy.bring")}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file !== undefined) acts.bring(file);
        }} />
    </>
  );
}
