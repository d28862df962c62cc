/** A dialog above the page: every one of ours, so that all close and give the focus back alike. */
// oxlint-disable-next-line no-restricted-imports -- here it is made ours
import { Modal, type ModalProps } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useLayer } from "./layers";

type DialogProps = Omit<ModalProps, "closeOnEscape" | "returnFocus" | "onKeyDown">;

export function Dialog({ opened, onClose, closeButtonProps, ...rest }: DialogProps) {
  const { t } = useTranslation();
  const onKeyDown = useLayer(opened, onClose);
  return (
    <Modal
      {...rest}
      opened={opened}
      onClose={onClose}
      closeOnEscape={false}
      returnFocus={false}
      onKeyDown={onKeyDown}
      closeButtonProps={{ "aria-label": t("room.close"), ...closeButtonProps }}
    />
  );
}
