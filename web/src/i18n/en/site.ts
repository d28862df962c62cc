export const site = {
  insecureTitle: "This connection is not encrypted.",
  insecureText: "Others on the network could read along or act in your name.",
};
