/** Where one is and where everyone is, with the way back; and for presenters, whose turns count. */
import { Button } from "@mantine/core";
import { IconArrowBackUp } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { Turning } from "./useTurning";

export function FollowChip({ turning, shared }: { turning: Turning; shared: number }) {
  const { t } = useTranslation();
  if (!turning.wandering) return null;
  const { page, leader } = turning;
  return (
    <div className="fm-follow">
      <span>
        {leader === null
          ? t("slides.apart", { page, shared })
          : t("slides.apartFrom", { page, shared, name: leader })}
      </span>
      <Button size="compact-sm" onClick={turning.goBack}
        leftSection={<IconArrowBackUp size={15} stroke={1.9} aria-hidden="true" />}>
        {t("slides.follow")}
      </Button>
    </div>
  );
}
