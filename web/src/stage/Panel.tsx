/** One thing on the stage: made when it is first in sight, and kept from then on. */
import type { Conference } from "@folkmoot/client";
import { Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Closed } from "../people/closed";
import type { Connection } from "../session/model";
import { ErrorBoundary } from "../ui/ErrorBoundary";
import { Loading } from "../ui/Loading";
import { KINDS } from "./kinds";
import type { Item } from "./model";

interface PanelProps {
  conference: Conference;
  connection: Connection;
  name: string;
  live: boolean;
  closed: Closed;
  item: Item;
  title: string;
  active: boolean;
  status: HTMLElement | null;
}

export function Panel(props: PanelProps) {
  const { item, title, active, status, conference, connection, name, live, closed } = props;
  const { t } = useTranslation();
  const [visited, setVisited] = useState(active);
  useEffect(() => {
    if (active) setVisited(true);
  }, [active]);
  const kind = KINDS.get(item.kind);
  if (kind === undefined) return null;
  const open = kind.setting === undefined || closed(kind.setting) === undefined;
  return (
    <div
      role="tabpanel"
      id={`fm-document-${item.key}`}
      aria-labelledby={`fm-tab-${item.key}`}
      className="fm-document"
      hidden={!active}
    >
      {(visited || active) && (
        <ErrorBoundary compact>
          <Suspense fallback={<Loading text={t("documents.loading")} />}>
            <kind.View
              conference={conference}
              connection={connection}
              id={item.id}
              title={title}
              name={name}
              live={live}
              editable={live && open}
              active={active}
              statusSlot={active ? status : null}
            />
          </Suspense>
        </ErrorBoundary>
      )}
    </div>
  );
}
