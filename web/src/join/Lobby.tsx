/** What somebody sees who waits to be let in. */
import type { Lobby } from "@folkmoot/client";
import { Button, Loader } from "@mantine/core";
import { useTranslation } from "react-i18next";

interface LobbyProps {
  title: string;
  lobby: Lobby;
  onLeave: () => void;
}

export function LobbyPage({ title, lobby, onLeave }: LobbyProps) {
  const { t } = useTranslation();
  return (
    <div className="fm-card fm-notice">
      <Loader type="dots" aria-hidden="true" />
      <h1>{t("roles.lobbyTitle", { title })}</h1>
      <p>{t("roles.lobbyText")}</p>
      <output>
        {lobby.message !== "" && (
          <>
            <strong>{t("roles.lobbyMessage")}</strong> <span dir="auto">{lobby.message}</span>
          </>
        )}
      </output>
      <Button variant="default" onClick={onLeave}>
        {t("roles.lobbyLeave")}
      </Button>
    </div>
  );
}
