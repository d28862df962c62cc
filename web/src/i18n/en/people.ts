export const people = {
  count_one: "{{count}} person here",
  count_other: "{{count}} people here",
  you: "you",
  host: "Host",
  here: "Here",
  away: "Away",
  list: "People in this room",
  alone: "Nobody else is here yet. Copy the link and send it to the others.",
  tall: "Show more of the list",
};
