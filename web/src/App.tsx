/** Chooses the page for the address. */
import { DirectionProvider, MantineProvider, useDirection } from "@mantine/core";
import { Suspense, useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { HomePage } from "./home/HomePage";
import { lazily } from "./lib/lazily";
import { RoomPage } from "./room/RoomPage";
import { routeOf } from "./route";
import { theme, variables } from "./theme";
import { ErrorBoundary } from "./ui/ErrorBoundary";
import { Loading } from "./ui/Loading";
import { Site } from "./ui/site";

const ZonePage = lazily(() => import("./zone/ZonePage"));

function SkipLink() {
  const { t } = useTranslation();
  return (
    <a className="fm-skip" href="#content" onClick={(event) => {
      // The fragment of the address may hold the host's key: move the focus, not the address.
      event.preventDefault();
      const content = document.getElementById("content");
      // On a phone the room shows one area at a time.
      (content?.hidden ? document.getElementById("side") : content)?.focus();
    }}>
      {t("app.skip")}
    </a>
  );
}

/** Menus and popovers open to the side that the language of the page is written to. */
function Direction() {
  const { i18n } = useTranslation();
  const { setDirection } = useDirection();
  useEffect(() => {
    const follow = () => setDirection(document.documentElement.dir === "rtl" ? "rtl" : "ltr");
    follow();
    i18n.on("languageChanged", follow);
    return () => i18n.off("languageChanged", follow);
  }, [i18n, setDirection]);
  return null;
}

export function App() {
  const { t } = useTranslation();
  const [route, setRoute] = useState(() => routeOf(location));
  useEffect(() => {
    const follow = () => setRoute(routeOf(location));
    window.addEventListener("popstate", follow);
    window.addEventListener("hashchange", follow);
    return () => {
      window.removeEventListener("popstate", follow);
      window.removeEventListener("hashchange", follow);
    };
  }, []);
  const go = useCallback((path: string) => {
    history.pushState(null, "", path);
    setRoute(routeOf(location));
    window.scrollTo(0, 0);
  }, []);
  return (
    <DirectionProvider>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
        <Direction />
        <SkipLink />
        <ErrorBoundary>
          <Site>
            {route.page === "home" ? (
              <HomePage go={go} />
            ) : route.page === "zone" ? (
              <Suspense fallback={<Loading text={t("app.loading")} />}>
                <ZonePage />
              </Suspense>
            ) : (
              <RoomPage
                key={route.slug}
                slug={route.slug}
                hostKey={route.key}
                viewerKey={route.viewer}
                person={route.person}
                proposed={route.name}
              />
            )}
          </Site>
        </ErrorBoundary>
      </MantineProvider>
    </DirectionProvider>
  );
}
