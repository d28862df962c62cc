/** What a person must know about the board just now: what is on its way, gone, or refused. */
import { Button, CloseButton } from "@mantine/core";
import { IconAlertCircle, IconPhotoUp, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { sentenceOf } from "../session/sentence";
import type { Refusal } from "./binding/binding";
import type { PictureState } from "./usePictures";
import type { BoardActs } from "./useBoardActs";

interface BoardNoticesProps {
  acts: BoardActs;
  pictures: PictureState;
  refused: Refusal | null;
  onClose: () => void;
}

export function BoardNotices({ acts, pictures, refused, onClose }: BoardNoticesProps) {
  const { t, i18n } = useTranslation();
  const alert = <IconAlertCircle size={17} stroke={1.8} aria-hidden="true" />;
  const { waiting, refused: picture } = pictures;
  return (
    <div className="fm-board-notices">
      {waiting > 0 && (
        <output className="fm-board-notice">
          <IconPhotoUp size={17} stroke={1.8} aria-hidden="true" />
          {t("board.picture.waiting", { count: waiting })}
        </output>
      )}
      {picture !== null && (
        <Notice icon={alert} onClose={pictures.forget}
          text={t("board.picture.refused", { reason: sentenceOf(i18n, picture) })} />
      )}
      {refused !== null && (
        <Notice icon={alert} text={t(`board.refused.${refused}`)} onClose={onClose} />
      )}
      {acts.trouble !== null && (
        <Notice icon={alert} text={t(`board.trouble.${acts.trouble}`)}
          onClose={acts.forgetTrouble} />
      )}
      {acts.removed !== null && (
        <Notice icon={<IconTrash size={17} stroke={1.8} aria-hidden="true" />}
          text={t("board.page.removed", { page: acts.removed.title })}
          onClose={acts.forgetRemoved}>
          <Button size="compact-sm" variant="default"
            onClick={() => acts.removed && acts.restore(acts.removed.id)}>
            {t("board.page.undoRemove")}
          </Button>
        </Notice>
      )}
    </div>
  );
}

interface NoticeProps {
  icon: ReactNode;
  text: string;
  onClose: () => void;
  children?: ReactNode;
}

function Notice({ icon, text, onClose, children }: NoticeProps) {
  const { t } = useTranslation();
  return (
    <div className="fm-board-notice" role="alert">
      {icon}
      <span>{text}</span>
      {children}
      <CloseButton size="sm" aria-label={t("room.close")} onClick={onClose} />
    </div>
  );
}
