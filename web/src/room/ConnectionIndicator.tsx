/** A small sign of how the connection is, and what that means, on request. */
import { BRIEF_MS } from "@folkmoot/client";
import { Popover, UnstyledButton } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconLoader2,
  IconPlugConnectedX,
  IconRefresh,
  IconWindowMaximize,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { Connection, ConnectionKind } from "../session/model";
import { useCalm } from "../ui/useCalm";

const ICONS = {
  connecting: IconLoader2,
  connected: IconCircleCheck,
  reconnected: IconCircleCheck,
  reconnecting: IconRefresh,
  paused: IconAlertTriangle,
  takenOver: IconWindowMaximize,
  closed: IconPlugConnectedX,
} satisfies Record<ConnectionKind, unknown>;

const HELP = {
  connecting: "connection.helpConnecting",
  connected: "connection.helpConnected",
  reconnected: "connection.helpReconnected",
  reconnecting: "connection.helpReconnecting",
  paused: "connection.helpPaused",
  takenOver: "connection.helpTakenOver",
  closed: "connection.helpClosed",
} as const satisfies Record<ConnectionKind, string>;

const SETTLED: ReadonlySet<ConnectionKind> = new Set(["connected", "reconnected"]);

export function ConnectionIndicator({ connection: now }: { connection: Connection }) {
  const { t } = useTranslation();
  const connection = useCalm(now, now.kind === "reconnecting", BRIEF_MS);
  const state = t(`connection.${connection.kind}`);
  const Icon = ICONS[connection.kind];
  const busy = connection.kind === "connecting" || connection.kind === "reconnecting";
  return (
    <Popover position="bottom-end" width={300} shadow="md" trapFocus returnFocus withinPortal>
      <Popover.Target>
        <UnstyledButton
          className="fm-connection"
          data-kind={connection.kind}
        >
          <Icon size={16} stroke={2} aria-hidden="true" data-spin={busy || undefined} />
          <span className="fm-hidden">{t("connection.title")}:</span>{" "}
          <span className="fm-connection-text">{state}</span>
          {connection.server !== "" && SETTLED.has(connection.kind) && (
            <>
              {" "}
              <span className="fm-connection-server">{connection.server}</span>
            </>
          )}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="fm-connection-card" tabIndex={-1} data-autofocus>
          <strong>{state}</strong>
          <p>{t(HELP[connection.kind])}</p>
          <dl>
            <dt>{t("connection.server")}</dt>
            <dd>{connection.server || t("connection.noServer")}</dd>
            <dt>{t("connection.work")}</dt>
            <dd>
              {connection.waiting === 0
                ? t("connection.nothingWaiting")
                : t("connection.waiting", { count: connection.waiting })}
            </dd>
          </dl>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
