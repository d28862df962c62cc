/** What a deck says before there is a page to show: it waits, is converted, or could not be. */
import type { Conference, Deck } from "@folkmoot/client";
import { Button, Group, Progress } from "@mantine/core";
import { IconAlertTriangle, IconPresentation } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { useObservable } from "../session/hooks";
import { sentenceOf } from "../session/sentence";
import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";

interface ConvertingProps {
  conference: Conference;
  deck: Deck;
  /** May try again. */
  presents: boolean;
}

const STEPS = ["fetching", "checking", "converting", "drawing"] as const;

/** How far it is, in parts of a hundred; drawing is nearly all of the work. */
export function partOf({ phase, step, ready, pages }: Deck): number {
  if (phase === "ready") return 100;
  const at = STEPS.findIndex((one) => one === step);
  if (at < 0) return 0;
  if (step !== "drawing" || pages.length === 0) return at * 5;
  return 15 + Math.round((85 * ready) / pages.length);
}

export function useStep({ phase, step, ready, pages }: Deck): string {
  const { t } = useTranslation();
  if (phase === "queued") return t("slides.steps.queued");
  if (step === "drawing" && pages.length > 0) {
    return t("slides.drawn", { ready, pages: pages.length });
  }
  const known = STEPS.find((one) => one === step);
  return t(`slides.steps.${known ?? "queued"}`);
}

export function Converting({ conference, deck, presents }: ConvertingProps) {
  const { t, i18n } = useTranslation();
  const { busy, error, run } = useOperation(conference);
  const away = useObservable(conference.servicesAway).includes("slides");
  const step = useStep(deck);
  if (deck.phase === "failed") {
    return (
      <div className="fm-deck-state" role="alert">
        <IconAlertTriangle size={34} stroke={1.4} aria-hidden="true" />
        <p>{t("slides.failed", { title: deck.title })}</p>
        <p className="fm-talk-note">{sentenceOf(i18n, { message: deck.reason })}</p>
        {presents && (
          <Group justify="center">
            <Button loading={busy} onClick={() => void run(conference.slides.retry(deck.id))}>
              {t("slides.retry")}
            </Button>
          </Group>
        )}
        <Refusal error={error} />
      </div>
    );
  }
  return (
    <div className="fm-deck-state">
      <IconPresentation size={34} stroke={1.4} aria-hidden="true" />
      <p>{t("slides.converting", { title: deck.title })}</p>
      <Progress value={partOf(deck)} w="min(20rem, 80%)" aria-label={t("slides.progress")} />
      <output className="fm-talk-note">{away ? t("slides.serviceAway") : step}</output>
    </div>
  );
}
