/** Title, connection, link to hand on, and one's own settings. */
import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import {
  IconCheck,
  IconDevices,
  IconDots,
  IconDoorExit,
  IconDownload,
  IconHome,
  IconLayoutGrid,
  IconLink,
  IconMessageCircle,
  IconPencil,
  IconPlugConnected,
  IconSettings,
  IconUserPlus,
} from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Closed } from "../people/closed";
import { participantLink } from "../route";
import type { Connection } from "../session/model";
import { CopyDialog } from "../ui/CopyDialog";
import { LanguageItems } from "../ui/LanguageMenu";
import { Mark } from "../ui/Mark";
import { ThemeItems } from "../ui/ThemeToggle";
import { useCopy } from "../ui/useCopy";
import { ConnectionIndicator } from "./ConnectionIndicator";
import { UnreadBadge } from "./PhoneTabs";

interface RoomHeaderProps {
  title: string;
  /** Whose link can be handed on; missing in a breakout, which has none of its own. */
  slug: string | undefined;
  connection: Connection;
  unread: number;
  side: boolean;
  phone: boolean;
  live: boolean;
  onSide: () => void;
  onRename: () => void;
  /** Not in a breakout. */
  onExport?: (() => void) | undefined;
  onBreakouts?: (() => void) | undefined;
  onOwnLink?: (() => void) | undefined;
  /** Missing for who does not run the room. */
  onInvite?: (() => void) | undefined;
  onEditors?: (() => void) | undefined;
  /** Missing for who does not run the room, too. */
  onSettings?: (() => void) | undefined;
  onLeave: () => void;
  closed?: Closed;
}

type MenuProps = Pick<
  RoomHeaderProps,
  | "live"
  | "onRename"
  | "onExport"
  | "onBreakouts"
  | "onOwnLink"
  | "onInvite"
  | "onEditors"
  | "onSettings"
  | "onLeave"
  | "closed"
>;

function CopyLink({ slug, phone }: { slug: string; phone: boolean }) {
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  const [shown, setShown] = useState(false);
  const link = participantLink(slug);
  const onClick = () => void copy(link).then((done) => setShown(!done));
  const Icon = copied ? IconCheck : IconLink;
  const label = copied ? t("room.copied") : t("room.copyLink");
  return (
    <>
      {phone ? (
        <ActionIcon variant="light" size="lg" aria-label={label} onClick={onClick}>
          <Icon size={18} stroke={1.9} aria-hidden="true" />
        </ActionIcon>
      ) : (
        <Button
          variant="light"
          size="compact-md"
          className="fm-copylink"
          leftSection={<Icon size={16} stroke={1.9} aria-hidden="true" />}
          onClick={onClick}
        >
          {label}
        </Button>
      )}
      <output className="fm-hidden">{copied ? t("room.copied") : ""}</output>
      <CopyDialog opened={shown} link={link} onClose={() => setShown(false)} />
    </>
  );
}

interface EntryProps {
  icon: ReactNode;
  live: boolean;
  /** Why it cannot be chosen just now. */
  closed: string | undefined;
  onClick: () => void;
  children: ReactNode;
}

/** An item that says why it is closed: the focus still reaches it, so that it can be read. */
function Entry({ icon, live, closed, onClick, children }: EntryProps) {
  const off = !live || closed !== undefined;
  return (
    <Menu.Item leftSection={icon} aria-disabled={off || undefined} closeMenuOnClick={!off}
      onClick={off ? undefined : onClick}>
      {children}
      {closed !== undefined && <small className="fm-why">{closed}</small>}
    </Menu.Item>
  );
}

function RoomMenu(props: MenuProps) {
  const { live, onRename, onExport, onBreakouts, onOwnLink, onInvite, onSettings, onLeave } = props;
  const { onEditors } = props;
  const { t } = useTranslation();
  return (
    <Menu position="bottom-end" width={240} shadow="md" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("room.menu")}>
          <IconDots size={20} stroke={1.8} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Entry
          icon={<IconPencil size={16} aria-hidden="true" />}
          live={live}
          closed={props.closed?.("rename")}
          onClick={onRename}
        >
          {t("room.rename")}
        </Entry>
        {onBreakouts && (
          <Menu.Item
            leftSection={<IconLayoutGrid size={16} aria-hidden="true" />}
            onClick={onBreakouts}
          >
            {t("breakouts.title")}
          </Menu.Item>
        )}
        {onExport && (
          <Entry
            icon={<IconDownload size={16} aria-hidden="true" />}
            live={live}
            closed={props.closed?.("export")}
            onClick={onExport}
          >
            {t("export.title")}
          </Entry>
        )}
        {onOwnLink && (
          <Menu.Item
            leftSection={<IconDevices size={16} aria-hidden="true" />}
            disabled={!live}
            onClick={onOwnLink}
          >
            {t("roles.ownLink")}
          </Menu.Item>
        )}
        {onInvite && (
          <Menu.Item
            leftSection={<IconUserPlus size={16} aria-hidden="true" />}
            disabled={!live}
            onClick={onInvite}
          >
            {t("invite.open")}
          </Menu.Item>
        )}
        {onEditors && (
          <Menu.Item
            leftSection={<IconPlugConnected size={16} aria-hidden="true" />}
            disabled={!live}
            onClick={onEditors}
          >
            {t("editors.open")}
          </Menu.Item>
        )}
        {onSettings && (
          <Menu.Item
            leftSection={<IconSettings size={16} aria-hidden="true" />}
            disabled={!live}
            onClick={onSettings}
          >
            {t("roles.settings")}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Label>{t("app.theme.title")}</Menu.Label>
        <ThemeItems />
        <Menu.Divider />
        <Menu.Label>{t("app.language")}</Menu.Label>
        <LanguageItems />
        <Menu.Divider />
        <Menu.Item component="a" href="/" leftSection={<IconHome size={16} aria-hidden="true" />}>
          {t("room.home")}
        </Menu.Item>
        <Menu.Item
          c="var(--fm-bad)"
          leftSection={<IconDoorExit size={16} aria-hidden="true" className="fm-flip" />}
          disabled={!live}
          onClick={onLeave}
        >
          {t("room.leave")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function RoomHeader(props: RoomHeaderProps) {
  const { title, slug, connection, unread, side, phone, onSide } = props;
  const { t } = useTranslation();
  const sideLabel = side ? t("room.hideSide") : t("room.showSide");
  return (
    <header className="fm-header">
      <span className="fm-header-mark">
        <Mark size={26} />
      </span>
      <span className="fm-header-title" title={title} dir="auto">
        {title}
      </span>
      <span className="fm-spring" />
      <ConnectionIndicator connection={connection} />
      {slug !== undefined && <CopyLink slug={slug} phone={phone} />}
      {!phone && (
        <Tooltip label={sideLabel}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            className="fm-sidetoggle"
            aria-pressed={side}
            onClick={onSide}
          >
            <IconMessageCircle size={19} stroke={1.7} aria-hidden="true" />
            <span className="fm-hidden">{sideLabel}</span>
            <UnreadBadge count={unread} />
          </ActionIcon>
        </Tooltip>
      )}
      <RoomMenu {...props} />
    </header>
  );
}
