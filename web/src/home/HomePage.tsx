/** The start page: start a room, or go back to one. */
import { createRoom } from "@folkmoot/client";
import { ActionIcon, Button, Checkbox, TextInput, Tooltip } from "@mantine/core";
import { IconArrowRight, IconCrown, IconX } from "@tabler/icons-react";
import { useEffect, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";

import { characters, TITLE_CHARACTERS_MAX } from "../lib/limits";
import { forgetRoom, recentRooms, rememberRoom } from "../lib/rooms";
import { ago } from "../lib/time";
import { roomPath, routeOf } from "../route";
import { requestSentenceOf } from "../session/sentence";
import { PageBar } from "../ui/PageBar";
import { useFirstFocus } from "../ui/useFirstFocus";

function StartForm({ go }: { go: (path: string) => void }) {
  const { t, i18n } = useTranslation();
  const [title, setTitle] = useState("");
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [lobby, setLobby] = useState(false);
  const field = useFirstFocus<HTMLInputElement>();

  const refuse = (sentence: string) => {
    setError(sentence);
    field.current?.focus();
  };
  const start = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = title.trim();
    if (wanted === "") return refuse(t("home.titleMissing"));
    if (characters(wanted) > TITLE_CHARACTERS_MAX) {
      return refuse(t("home.titleTooLong", { max: TITLE_CHARACTERS_MAX }));
    }
    setBusy(true);
    setError(undefined);
    try {
      const room = await createRoom(wanted, {}, lobby ? { lobby } : {});
      const route = routeOf(new URL(room.links.host, location.origin));
      const key = route.page === "room" ? route.key : undefined;
      rememberRoom({ slug: room.slug, title: wanted, opened_ms: Date.now(), ...(key && { key }) });
      go(roomPath(room.slug, key));
    } catch (failure) {
      setBusy(false);
      refuse(requestSentenceOf(i18n, failure));
    }
  };

  return (
    <form className="fm-start" onSubmit={(event) => void start(event)} noValidate>
      <TextInput
        ref={field}
        size="md"
        label={t("home.titleLabel")}
        placeholder={t("home.titlePlaceholder")}
        value={title}
        error={error}
        autoComplete="off"
        onChange={(event) => {
          setTitle(event.currentTarget.value);
          setError(undefined);
        }}
      />
      <Checkbox
        label={t("roles.lobbyOption")}
        checked={lobby}
        onChange={(event) => setLobby(event.currentTarget.checked)}
      />
      <Button
        type="submit"
        size="md"
        loading={busy}
        rightSection={<IconArrowRight size={18} aria-hidden="true" className="fm-flip" />}
      >
        {busy ? t("home.starting") : t("home.start")}
      </Button>
    </form>
  );
}

function RecentRooms({ go }: { go: (path: string) => void }) {
  const { t, i18n } = useTranslation();
  const [rooms, setRooms] = useState(recentRooms);
  if (rooms.length === 0) return null;
  return (
    <section className="fm-recent" aria-labelledby="fm-recent-title">
      <h2 id="fm-recent-title">{t("home.recent")}</h2>
      <ul>
        {rooms.map((room) => (
          <li key={room.slug}>
            <a
              href={roomPath(room.slug)}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                event.preventDefault();
                go(roomPath(room.slug));
              }}
            >
              <bdi className="fm-recent-title">{room.title}</bdi>
              <span className="fm-recent-note">
                {t("home.opened", { when: ago(room.opened_ms, Date.now(), i18n.language) })}
              </span>
              {room.key !== undefined && (
                <span className="fm-badge">
                  <IconCrown size={12} stroke={2} aria-hidden="true" />
                  {t("home.host")}
                </span>
              )}
            </a>
            <Tooltip label={t("home.forget", { title: room.title })}>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t("home.forget", { title: room.title })}
                onClick={() => {
                  forgetRoom(room.slug);
                  setRooms(recentRooms());
                }}
              >
                <IconX size={16} stroke={1.8} aria-hidden="true" />
              </ActionIcon>
            </Tooltip>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function HomePage({ go }: { go: (path: string) => void }) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = t("home.document");
  }, [t]);
  return (
    <div className="fm-page">
      <PageBar />
      <main id="content" className="fm-centre" tabIndex={-1}>
        <div className="fm-hero">
          <h1>{t("home.heading")}</h1>
          <p>{t("home.lead")}</p>
        </div>
        <div className="fm-card">
          <StartForm go={go} />
        </div>
        <RecentRooms go={go} />
      </main>
    </div>
  );
}
