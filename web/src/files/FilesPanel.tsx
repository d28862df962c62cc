/** Files of the room: those that are shared, those on their way, and the button to share more. */
import type { Conference, SharedFile } from "@folkmoot/client";
import { Button } from "@mantine/core";
import { IconCloudPause, IconFiles, IconUpload } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { ClosedNotice } from "../people/ClosedNotice";
import { useObservable } from "../session/hooks";
import { isSlides } from "../slides/uploads";
import { EmptyPanel } from "../talk/EmptyPanel";
import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { uploadSentence } from "./errors";
import { FileRow } from "./FileRow";
import { sizeOf } from "./kinds";
import type { UploadQueue } from "./queue";
import { RemoveDialog } from "./RemoveDialog";
import { UploadRow } from "./UploadRow";

interface FilesPanelProps {
  conference: Pick<Conference, "files" | "slides" | "dismiss" | "servicesAway">;
  queue: UploadQueue;
  you: string;
  /** Whether this person runs the room, and may take away what others shared. */
  staff: boolean;
  /** Whether they may make slides of what is shared. */
  presents: boolean;
  live: boolean;
  /** Why nobody of this role may share just now. */
  closed?: string | undefined;
}

function save(address: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  link.click();
}

function Picker({ disabled, queue }: { disabled: boolean; queue: UploadQueue }) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button fullWidth variant="light" disabled={disabled}
        leftSection={<IconUpload size={18} aria-hidden="true" />}
        onClick={() => input.current?.click()}>
        {t("files.pick")}
      </Button>
      <input ref={input} type="file" multiple hidden tabIndex={-1} aria-label={t("files.pick")}
        onChange={(event) => {
          queue.add([...(event.target.files ?? [])]);
          // The same file may be picked again.
          event.target.value = "";
        }} />
    </>
  );
}

export function FilesPanel(props: FilesPanelProps) {
  const { conference, queue, you, staff, presents, live, closed } = props;
  const { t, i18n } = useTranslation();
  const files = useObservable(conference.files.list);
  const uploads = useObservable(queue);
  const away = useObservable(conference.servicesAway).includes("files");
  const [removing, setRemoving] = useState<SharedFile>();
  const [error, setError] = useState<string>();
  const decks = useObservable(conference.slides.list);
  const operation = useOperation(conference);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const download = async (file: SharedFile) => {
    setError(undefined);
    try {
      save(await conference.files.link(file.id));
    } catch (thrown) {
      setError(uploadSentence(i18n, thrown));
    }
  };
  return (
    <>
      <h2 className="fm-panel-title" id="fm-files-title">
        {t("files.title")}
        {files.length > 0 && (
          <span className="fm-panel-note">
            {t("files.count", { count: files.length })}, {sizeOf(bytes, i18n.language)}
          </span>
        )}
      </h2>
      <div className="fm-talk-scroll">
        {away && (
          <output className="fm-files-away">
            <IconCloudPause size={18} stroke={1.6} aria-hidden="true" />
            {t("files.away")}
          </output>
        )}
        {uploads.length > 0 && (
          <ul className="fm-files" aria-label={t("files.underWay")}>
            {uploads.map((entry) => <UploadRow key={entry.id} entry={entry} queue={queue} />)}
          </ul>
        )}
        {files.length === 0 && uploads.length === 0 && (
          <EmptyPanel Icon={IconFiles} title={t("files.empty")}
            hint={t(closed === undefined ? "files.emptyHint" : "files.emptyClosed")} />
        )}
        {files.length > 0 && (
          <ul className="fm-files" aria-labelledby="fm-files-title">
            {files.toReversed().map((file) => (
              <FileRow key={file.id} file={file} files={conference.files} live={live}
                nowMs={Date.now()} removable={staff || file.person === you}
                onSlides={presents && isSlides(file.name)
                  && decks.every(({ id }) => id !== file.id)
                  ? () => void operation.run(conference.slides.add(file.id))
                  : undefined}
                onDownload={() => void download(file)}
                onRemove={() => setRemoving(file)} />
            ))}
          </ul>
        )}
        <Refusal error={error ?? operation.error} />
      </div>
      <div className="fm-files-share">
        <ClosedNotice text={closed} />
        <Picker disabled={!live || closed !== undefined} queue={queue} />
      </div>
      {removing !== undefined && (
        <RemoveDialog file={removing} conference={conference}
          onClose={() => setRemoving(undefined)} />
      )}
    </>
  );
}
