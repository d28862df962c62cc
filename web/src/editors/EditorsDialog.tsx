/** Links by which editors that are not ours open a document; for those who run the room. */
import type { Conference, EditorLink } from "@folkmoot/client";
import { Stack, Text } from "@mantine/core";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { refusalOf, sentenceOf } from "../session/sentence";
import { Refusal } from "../talk/Refusal";
import { Dialog } from "../ui/Dialog";
import { useAnnounce } from "../ui/announce";
import { Loading } from "../ui/Loading";
import { LinkForm } from "./LinkForm";
import { LinkRow } from "./LinkRow";

export type EditorsConference = Pick<Conference, "editors" | "documents" | "dismiss">;

interface EditorsDialogProps {
  slug: string;
  conference: EditorsConference;
  onClose: () => void;
}

function LinksPanel({ slug, conference }: Omit<EditorsDialogProps, "onClose">) {
  const { t, i18n } = useTranslation();
  const announce = useAnnounce();
  const [links, setLinks] = useState<readonly EditorLink[]>();
  const [shown, setShown] = useState("");
  const [error, setError] = useState<string>();
  const failed = useCallback(
    (thrown: unknown) => {
      setError(t("editors.failed", { reason: sentenceOf(i18n, refusalOf(thrown)) }));
    },
    [t, i18n],
  );
  const load = useCallback(async (): Promise<readonly EditorLink[]> => {
    const found = await conference.editors.links();
    setLinks(found);
    return found;
  }, [conference]);
  useEffect(() => void load().catch(failed), [load, failed]);

  const made = async (name: string) => {
    announce(t("editors.made", { name }));
    const newest = (await load()).findLast((link) => link.name === name);
    if (newest !== undefined) setShown(newest.id);
  };
  const end = async (link: EditorLink) => {
    setError(undefined);
    const submitted = conference.editors.revoke(link.id);
    const outcome = await submitted.outcome;
    if (outcome.state !== "saved") {
      conference.dismiss(submitted.id);
      setError(t("editors.failed", { reason: sentenceOf(i18n, outcome) }));
      return;
    }
    announce(t("editors.ended", { name: link.name }));
    await load().catch(failed);
  };
  return (
    <Stack gap="lg">
      <Text size="sm">{t("editors.text")}</Text>
      <LinkForm conference={conference} onMade={(name) => void made(name).catch(failed)} />
      <Refusal error={error} />
      {links === undefined && error === undefined && <Loading text={t("editors.loading")} />}
      {links?.length === 0 && <Text size="sm" c="dimmed">{t("editors.empty")}</Text>}
      {links !== undefined && links.length > 0 && (
        <ul className="fm-editors" aria-label={t("editors.list")}>
          {links.toReversed().map((link) => (
            <LinkRow key={link.id} link={link} slug={slug} conference={conference}
              open={shown === link.id}
              onOpen={() => setShown(shown === link.id ? "" : link.id)}
              onEnd={() => void end(link)} />
          ))}
        </ul>
      )}
    </Stack>
  );
}

export function EditorsDialog({ onClose, ...rest }: EditorsDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog opened centered size="lg" onClose={onClose} title={t("editors.open")}>
      <LinksPanel {...rest} />
    </Dialog>
  );
}
