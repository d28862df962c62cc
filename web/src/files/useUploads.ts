/** This page's uploads, for as long as the room is open; and what others share is told. */
import type { Conference } from "@folkmoot/client";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useObservable } from "../session/hooks";
import { useAnnounce } from "../ui/announce";
import { UploadQueue } from "./queue";

type Source = Pick<Conference, "files" | "status">;

export function useUploads(conference: Source): UploadQueue {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const told = useCallback(
    (name: string) => announce(t("files.announceOwn", { name })),
    [announce, t],
  );
  const tell = useRef(told);
  useEffect(() => {
    tell.current = told;
  }, [told]);
  const queue = useMemo(
    () => new UploadQueue(conference.files, (name) => tell.current(name)),
    [conference],
  );
  useEffect(() => () => queue.stop(), [queue]);
  useEffect(() => {
    const stay = (event: BeforeUnloadEvent): void => {
      if (queue.getSnapshot().some(({ phase }) => phase !== "failed")) event.preventDefault();
    };
    window.addEventListener("beforeunload", stay);
    return () => window.removeEventListener("beforeunload", stay);
  }, [queue]);
  return queue;
}

/** How many files of others came since the panel was last seen; announces each. */
export function useNewFiles(conference: Source, ready: boolean, shown: boolean): number {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const files = useObservable(conference.files.list);
  const { person } = useObservable(conference.status);
  const known = useRef<ReadonlySet<string> | null>(null);
  const [unseen, setUnseen] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const before = known.current;
    known.current = ready ? new Set(files.map(({ id }) => id)) : null;
    if (!ready || before === null) return;
    const come = files.filter((file) => !before.has(file.id) && file.person !== person);
    const [file] = come.slice(-1);
    if (file !== undefined) announce(t("files.announce", { name: file.name, by: file.by }));
    if (shown) return;
    setUnseen((others) => {
      const left = [...others].filter((id) => known.current?.has(id) === true);
      const now = new Set([...left, ...come.map(({ id }) => id)]);
      return now.size === others.size && come.length === 0 ? others : now;
    });
  }, [files, person, ready, shown, announce, t]);
  useEffect(() => {
    if (shown) setUnseen((others) => (others.size === 0 ? others : new Set()));
  }, [shown]);
  return shown ? 0 : unseen.size;
}
