export const offered = {
  title: "This edit could not be saved",
  text: "The document shows what everyone has. Your text is below, so that nothing is lost: copy it and put it in again.",
  label: "Your text",
  copy: "Copy text",
  done: "Done",
  unreadable: "The edit held no text.",
};
