// The people panel and the door, as a person uses them.

/** The row of somebody in the people panel. */
export const row = (person, name) => person.at("person").filter({ hasText: name });

/** Opens the panel, unless it is open. */
export const openPeople = async (person) => {
  if (!(await person.at("person").first().isVisible())) await person.at("call-people").click();
  await person.at("person").first().waitFor();
};

/** Chooses something from somebody's menu. */
export const choose = async (person, name, item, label) => {
  await openPeople(person);
  await row(person, name).getByTestId("person-menu").click();
  await (label ? person.at(item).filter({ hasText: label }) : person.at(item)).click();
};

/** Waits until a text is on the page. */
export const sees = (person, text) => person.page.getByText(text).first().waitFor();

/** Somebody comes to the room and presses the button, without waiting to be inside. */
export const knock = async (scene, name, code) => {
  const person = await scene.person(name);
  await person.open(`r/${code}`);
  await person.at("prejoin-name").fill(name);
  await person.at("prejoin-join").click();
  return person;
};
