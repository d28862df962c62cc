export const invite = {
  open: "Invite somebody by name",
  text:
    "The link is for one person: it gives them the role that you choose, proposes the name, and lets them past lobby and passcode.",
  name: "Their name",
  role: "Their role",
  make: "Make the link",
  link: "Link for {{name}}",
  copy: "Copy",
  copied: "Copied",
  failed: "The link could not be made: {{reason}}",
};
