/** One link: what it allows, how an editor connects by it, and its end. */
import type { EditorLink } from "@folkmoot/client";
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { refusalOf, sentenceOf } from "../session/sentence";
import { useObservable } from "../session/hooks";
import { Refusal } from "../talk/Refusal";
import { useCopy } from "../ui/useCopy";
import type { EditorsConference } from "./EditorsDialog";

interface LinkRowProps {
  link: EditorLink;
  slug: string;
  conference: EditorsConference;
  open: boolean;
  onOpen: () => void;
  onEnd: () => void;
}

function Copied({ label, value }: { label: string; value: string }) {
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  return (
    <Group align="flex-end" gap="xs" wrap="nowrap">
      <TextInput readOnly flex={1} dir="ltr" label={label} value={value}
        onFocus={(event) => event.currentTarget.select()} />
      <Button variant="default" aria-label={`${t("editors.copy")}: ${label}`}
        onClick={() => void copy(value)}>
        {t(copied ? "editors.copied" : "editors.copy")}
      </Button>
    </Group>
  );
}

/** What is put into the editor. */
function Access({ link, slug, conference }: Pick<LinkRowProps, "link" | "slug" | "conference">) {
  const { t, i18n } = useTranslation();
  const [token, setToken] = useState("");
  const [error, setError] = useState<string>();
  useEffect(() => {
    conference.editors.token(link.id).then(setToken, (thrown: unknown) => {
      setError(t("editors.failed", { reason: sentenceOf(i18n, refusalOf(thrown)) }));
    });
  }, [conference, link.id, t, i18n]);
  const address = new URL("/", location.origin).href.replace(/^http/u, "ws").replace(/\/$/u, "");
  return (
    <Stack gap="xs" mt="xs">
      <Text size="sm">{t("editors.secret")}</Text>
      <Refusal error={error} />
      <Copied label={t("editors.token")} value={token} />
      <Copied label={`y-websocket: ${t("editors.server")}`} value={`${address}/yjs/${slug}`} />
      <Copied label={`y-websocket: ${t("editors.room")}`} value={link.document} />
      <Copied label={`Hocuspocus: ${t("editors.server")}`}
        value={`${address}/hocuspocus/${slug}`} />
      <Copied label={`Hocuspocus: ${t("editors.room")}`} value={`${slug}/${link.document}`} />
    </Stack>
  );
}

export function LinkRow({ link, slug, conference, open, onOpen, onEnd }: LinkRowProps) {
  const { t, i18n } = useTranslation();
  const { documents } = useObservable(conference.documents);
  const title = documents.find(({ id }) => id === link.document)?.title ?? link.document;
  const date = (ms: number) =>
    new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium" }).format(ms);
  const facts = [
    title,
    t(link.write ? "editors.writing" : "editors.reading"),
    t("editors.until", { date: date(link.expiresMs) }),
    link.lastMs > 0 ? t("editors.used", { date: date(link.lastMs) }) : t("editors.unused"),
  ];
  return (
    <li>
      <Group justify="space-between" gap="xs">
        <div className="fm-editors-what">
          <Text size="sm" fw={600} dir="auto">{link.name}</Text>
          <Text size="xs" c="dimmed" dir="auto">{facts.join(" · ")}</Text>
          {link.origins.length > 0 && (
            <Text size="xs" c="dimmed" dir="ltr">{link.origins.join(" ")}</Text>
          )}
        </div>
        <Group gap="xs">
          <Button size="compact-sm" variant="light" aria-expanded={open} onClick={onOpen}
            aria-label={`${t("editors.show")}: ${link.name}`}>
            {t("editors.show")}
          </Button>
          <Button size="compact-sm" variant="subtle" color="red" onClick={onEnd}
            aria-label={`${t("editors.end")}: ${link.name}`}>
            {t("editors.end")}
          </Button>
        </Group>
      </Group>
      {open && <Access link={link} slug={slug} conference={conference} />}
    </li>
  );
}
